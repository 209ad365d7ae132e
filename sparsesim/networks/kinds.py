"""The kinds of layers, and what the shapes of their weights are."""

from typing import Final, Literal

Kind = Literal["linear", "conv2d", "conv_transpose2d", "lstm", "gru", "matmul"]

GATES: Final = {"lstm": 4, "gru": 3}
CONVOLUTIONS: Final = ("conv2d", "conv_transpose2d")
RANKS: Final[dict[str, int]] = {"linear": 2, "conv2d": 4, "conv_transpose2d": 4, "lstm": 2, "gru": 2, "matmul": 0}
"""Dimensions of the weights."""
