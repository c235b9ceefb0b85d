"""The `hooks.bouvier.io/v1` group version: receiver hooks and the calls that they got."""
