"""The images that the platform makes itself, so that it works without any registry."""
