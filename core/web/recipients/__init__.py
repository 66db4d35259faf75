"""The pages for those who are written to: what is tracked, what is held, and a way to end it. No account, no cookie."""
