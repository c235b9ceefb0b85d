"""The default store: an append-only log in one SQLite file."""
