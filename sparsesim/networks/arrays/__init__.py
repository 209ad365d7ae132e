"""Files of named arrays: NumPy archives, safetensors, state dicts of PyTorch, Keras weights."""
