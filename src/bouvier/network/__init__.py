"""Pod addresses, services, names and the load balancer on one host."""
