"""Which host a pod runs on, and why not another."""
