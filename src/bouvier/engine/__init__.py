"""What a node needs from a container engine, as one Protocol."""
