"""Addresses and links of pods on this host."""
