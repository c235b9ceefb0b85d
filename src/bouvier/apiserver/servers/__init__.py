"""The API servers that share a store: who lives, and where pods and hosts find them. See `design/servers.md`."""
