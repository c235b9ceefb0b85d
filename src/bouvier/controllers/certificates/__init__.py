"""Certificates of hosts: approving, signing, and the tokens with which hosts join."""
