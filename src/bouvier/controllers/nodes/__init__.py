"""Node life cycle: leases, conditions, taints, eviction from lost hosts."""
