"""The bouvier command."""
