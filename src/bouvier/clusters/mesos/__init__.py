"""The driver of Mesos, through Marathon."""
