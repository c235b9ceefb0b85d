"""Paths beside the Kubernetes API: sign-in and live data for the console, and the hosts' tunnels."""
