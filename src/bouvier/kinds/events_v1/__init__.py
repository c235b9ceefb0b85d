"""The `events.k8s.io/v1` group version: the events of the core group under other names."""
