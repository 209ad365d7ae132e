"""PyTorch modules in memory and exported programs."""
