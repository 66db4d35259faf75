"""Tests of `core.commands`, by the real entry point."""
