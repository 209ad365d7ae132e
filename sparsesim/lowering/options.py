"""How a network becomes matrix products."""

from dataclasses import dataclass, field

from sparsesim.lowering.activations import Activations

DEFAULT_DTYPE = "fp16"


@dataclass(frozen=True)
class Lowering:
    """Number type of weights and activations, samples at a time, and what the layers read.

    A `dtype` of None means fp16, unless a method stores the weights in a type of its own. What is wrong with them is
    told as InputError where they are used.

    >>> import sparsesim as ss
    >>> lowering = ss.Lowering(dtype="int8", batch=4)
    >>> table = ss.compare("digits-cnn", "a100-pcie", "dense", lowering=lowering)
    >>> table["layers"].tolist(), lowering.dtype_of(None)
    ([4], 'int8')
    """

    dtype: str | None = None
    batch: int = 1
    activations: Activations = field(default_factory=Activations)

    def dtype_of(self, stored: str | None) -> str:
        """The number type of a network whose weights a method stored as `stored`."""
        return self.dtype or stored or DEFAULT_DTYPE
