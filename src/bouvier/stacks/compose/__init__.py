"""Reading Compose files: YAML with positions, interpolation, merging, extension. All pure."""
