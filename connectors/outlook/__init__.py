"""Outlook and Microsoft accounts."""
