"""Writing stored objects anew."""
