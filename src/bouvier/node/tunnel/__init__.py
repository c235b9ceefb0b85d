"""Logs, exec, attach and port forwarding over connections that the agent opens."""
