"""How a network becomes matrix products."""

from dataclasses import dataclass, field

from sparsesim.lowering.activations import Activations


@dataclass(frozen=True)
class Lowering:
    """Number type of weights and activations, samples at a time, and what the layers read."""

    dtype: str = "fp16"
    batch: int = 1
    activations: Activations = field(default_factory=Activations)
