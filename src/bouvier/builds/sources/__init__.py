"""Reading sources: Git repositories and folders."""
