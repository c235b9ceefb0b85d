"""The driver of Docker Swarm."""
