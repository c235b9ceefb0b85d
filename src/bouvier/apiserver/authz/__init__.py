"""May they: RBAC."""
