"""StatefulSet: pods whose names and claims stay."""
