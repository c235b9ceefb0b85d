"""Stacks: Compose and rancher-compose files as one object, whose services roll out, roll back and are exported together."""
