"""The engine Protocol on the Docker Engine API."""
