"""The watch cache: every stored object as bytes, with its recent history and the watchers that follow it."""
