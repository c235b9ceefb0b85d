"""What `bouvier catalog` is made of: reading arguments, asking for previews, waiting, showing."""
