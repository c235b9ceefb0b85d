"""Audit: which requests are recorded, how, and finding them again. See `design/audit.md`."""
