"""What cases are made of, a module for each kind of thing."""
