"""Receiver hooks: secret URLs that scale a service, upgrade it on an image push, or start a catalog's entry."""
