"""What `bouvier volume` does, apart from its options."""
