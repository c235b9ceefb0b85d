"""Making volumes ready before containers start."""
