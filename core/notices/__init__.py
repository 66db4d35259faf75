"""Mail to people about their own account: written with what causes it, sent by the worker."""
