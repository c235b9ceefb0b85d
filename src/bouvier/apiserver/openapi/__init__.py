"""OpenAPI v2 and v3 documents and discovery, made from the kinds."""
