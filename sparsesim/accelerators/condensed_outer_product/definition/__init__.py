"""What the unit does element by element, in plain Python: the definitions that the kernels are tested against."""
