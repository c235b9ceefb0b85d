"""One container between `docker run`, a Compose service and Kubernetes' objects. Pure, but for files that options name."""
