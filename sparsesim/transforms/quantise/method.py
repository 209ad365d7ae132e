"""Quantisation as a method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, get_args

from sparsesim.errors import UnknownNameError
from sparsesim.networks import Network
from sparsesim.transforms.method import LayerInputs, Method
from sparsesim.transforms.quantise.arrays import QUANTISED_TYPES, Per
from sparsesim.transforms.quantise.network import quantise_network
from sparsesim.transforms.transformed import Transformed


@dataclass(frozen=True)
class Quantise(Method):
    """Every weight in a narrower number type; the options are those of `quantise`."""

    dtype: str = "int8"
    per: Per = "channel"
    symmetric: bool = True

    forms: ClassVar[Mapping[str, str]] = {
        "int8": "store weights as 8-bit integers with a scale per output channel",
        "int4": "store weights as 4-bit integers with a scale per output channel",
        "fp16": "store weights as half-precision floats",
        "bf16": "store weights as bfloat16",
    }
    examples: ClassVar[tuple[str, ...]] = tuple(forms)
    told_by_name: ClassVar[frozenset[str]] = frozenset({"dtype"})

    def __post_init__(self) -> None:
        if self.dtype not in QUANTISED_TYPES:
            raise UnknownNameError("quantisation", self.dtype, QUANTISED_TYPES)
        if self.per not in get_args(Per):
            raise UnknownNameError("per", self.per, get_args(Per))

    @classmethod
    def named(cls, text: str, amounts: Mapping[str, Any]) -> Self:
        """The name is the number type."""
        return cls._of(text, amounts, dtype=text)

    @property
    def name(self) -> str:
        """The number type."""
        return self.dtype

    @property
    def stored_dtype(self) -> str | None:
        """The number type."""
        return self.dtype

    def describe(self) -> str:
        """The rule in words."""
        return f"weights as {self.dtype}" + (f", a scale per {self.per}" if self.dtype.startswith("int") else "")

    def _applied(self, network: Network, inputs: LayerInputs | None) -> Transformed:
        found = quantise_network(network, self.dtype, self.per, self.symmetric)
        return Transformed(
            found.network, self.describe(), rows=found.rows, totals=found.totals, stored_dtype=self.dtype
        )
