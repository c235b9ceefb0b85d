"""Use of processor and memory, read from cgroup files."""
