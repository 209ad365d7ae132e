"""Exact rankings of weights at the speed of memory."""
