"""The host as an object of the API: Node and Lease."""
