"""The `catalog.bouvier.io/v1` group version: catalogs, their entries, releases and previews of releases."""
