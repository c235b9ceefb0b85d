"""The overlay driver `ipsec`: strongSwan's charon, driven over VICI."""
