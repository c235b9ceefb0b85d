"""HAProxy in front of Ingress."""
