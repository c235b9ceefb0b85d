"""YAML, JSON and TOML as Go's libraries read and write them: what charts print must be the same text, byte for byte."""
