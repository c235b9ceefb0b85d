"""The `metrics.k8s.io/v1beta1` group version: what hosts and pods use right now. Measured when asked for, never stored."""
