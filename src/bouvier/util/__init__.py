"""Small helpers without any knowledge of the platform: time, files, processes, logging."""
