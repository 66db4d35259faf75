"""Providers of mail and messaging, one folder each. They know `core`, and not each other."""
