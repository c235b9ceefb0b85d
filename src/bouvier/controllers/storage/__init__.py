"""Claims find volumes, are protected while in use, grow ephemeral ones with pods, and are kept as snapshots."""
