"""Values at rest: which are sealed, with which keys, and changing the keys. See `design/audit.md`."""
