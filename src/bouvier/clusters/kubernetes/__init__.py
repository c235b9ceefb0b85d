"""Clusters whose API is another Kubernetes API: passed on, and looked after."""
