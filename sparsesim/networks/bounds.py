"""What one network may ask for: sizes, numbers of layers and time steps; beyond it nothing ends, or can be counted."""

from typing import Final

MAX_SIZE: Final = 2**31 - 1
"""Of one dimension of a layer; products of sizes are bounded by `limits.MAX_MACS`."""
MAX_STEPS: Final = 100_000
"""Time steps of the recurrent layers of a network: each is simulated, on some machines ten thousand in a second."""
MOST_LAYERS: Final = 100_000
