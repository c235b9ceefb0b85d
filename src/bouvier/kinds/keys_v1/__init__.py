"""The `keys.bouvier.io/v1` group version: API keys."""
