"""What every request passes through: limits, audit, panic recovery."""
