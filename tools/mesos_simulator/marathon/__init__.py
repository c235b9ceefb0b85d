"""A simulated Marathon: a framework of the simulated master with Marathon's /v2 interface."""
