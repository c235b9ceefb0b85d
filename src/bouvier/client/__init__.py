"""The API from the caller's side: requests, informers, listers, work queues and leases."""
