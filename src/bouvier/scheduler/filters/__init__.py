"""Hard requirements: one module per filter, each with its explanation. Pure."""
