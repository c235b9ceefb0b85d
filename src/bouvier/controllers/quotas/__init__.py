"""ResourceQuota: what a namespace really uses."""
