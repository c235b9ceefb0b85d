"""The processes that run, and the only place where parts are wired together."""
