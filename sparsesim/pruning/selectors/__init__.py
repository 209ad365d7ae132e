"""How many groups go, and from where."""
