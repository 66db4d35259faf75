"""Connecting accounts of providers and signing in with them (OAuth 2.0, OpenID Connect), written once for all."""
