"""Numbers of Services: which are free, who has them, and their claims in the store. See `design/servers.md`."""
