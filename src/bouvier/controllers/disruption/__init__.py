"""PodDisruptionBudget: how many pods of a set may be evicted now."""
