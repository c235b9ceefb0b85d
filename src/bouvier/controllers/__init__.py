"""The actors that turn desired objects into other objects, each a client of the API."""
