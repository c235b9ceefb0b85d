"""The options of `docker run` in Kubernetes' fields. Pure: text in, API objects out."""
