"""API aggregation: groups and versions of the API that another server answers for."""
