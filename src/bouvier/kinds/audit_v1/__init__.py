"""audit.bouvier.io/v1: the audit log as a list."""
