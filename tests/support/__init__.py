"""What tests need around them: real servers, empty databases, child processes that never outlive the run."""
