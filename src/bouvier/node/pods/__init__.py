"""The life of one pod: observe, plan, apply, report."""
