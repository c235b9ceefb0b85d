"""What containers may ask about themselves, in the form of Cattle's metadata service."""
