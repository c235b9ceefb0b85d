"""Logical clusters that others execute: drivers for Kubernetes, Docker Swarm and Mesos, and what they share."""
