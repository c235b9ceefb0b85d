"""The actor that runs Builds on the engine of its host."""
