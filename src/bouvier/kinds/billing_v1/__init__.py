"""The `billing.bouvier.io/v1` group version: price lists and invoices."""
