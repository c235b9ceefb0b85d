"""Tokens of other issuers: OpenID Connect."""
