"""Fakes of Google's APIs, which hold every request against the published discovery documents."""
