"""Which weights stand or fall together."""
