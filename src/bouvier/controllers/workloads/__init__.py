"""ReplicaSet and Deployment."""
