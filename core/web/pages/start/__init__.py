"""The start page: what is set up, what comes next, and a test that proves the whole way."""
