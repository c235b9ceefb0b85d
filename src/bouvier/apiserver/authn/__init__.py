"""Who is calling: certificates, tokens, sessions."""
