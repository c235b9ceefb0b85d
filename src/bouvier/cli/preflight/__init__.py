"""Whether the host has what a platform needs, and installing what is missing."""
