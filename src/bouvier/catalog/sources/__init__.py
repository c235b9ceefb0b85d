"""Where catalogs come from: Git, folders, chart repositories, the platform itself."""
