"""Last checks and changes before an object is stored."""
