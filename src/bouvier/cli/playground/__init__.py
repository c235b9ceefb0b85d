"""Several hosts on one machine: namespaces, a wire between them, and a platform across them."""
