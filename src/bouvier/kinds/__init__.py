"""What each kind of object is: schema, defaults, validation, strategy and table columns. Pure."""
