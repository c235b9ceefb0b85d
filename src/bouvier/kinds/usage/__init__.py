"""What objects use of a namespace's share: the arithmetic of quotas and limit ranges, without input or output."""
