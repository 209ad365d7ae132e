"""The layers of a transformer row by row, and the `config.json` that their sizes come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparsesim.errors import InputError

_LARGEST_SIZE = 2**31


@dataclass(frozen=True)
class LinearRow:
    """A product with stored weights (outputs, inputs).

    Attributes:
        name: name of the layer, and of its tensors without `.weight` and `.bias`.
        outputs: rows; 0 for as many as the file holds.
        inputs: columns.
        positions: activation vectors per sample.
        bias: whether a network without a file of weights has a bias.
        transposed: whether the file holds (inputs, outputs).
        optional: whether a file may lack it.
        expected: whether the layer exists in a network without a file of weights, or in a file where it is tied.
        tied_to: the tensor whose values it shares where the file holds none of its own.
    """

    name: str
    outputs: int
    inputs: int
    positions: int
    bias: bool = True
    transposed: bool = False
    optional: bool = False
    expected: bool = True
    tied_to: str | None = None


@dataclass(frozen=True)
class PatchRow:
    """The convolution that cuts an image into patches: stride and kernel are one `patch`."""

    name: str
    outputs: int
    channels: int
    patch: int
    size: tuple[int, int]


@dataclass(frozen=True)
class ProductRow:
    """m x k activations times k x n activations, once per head."""

    name: str
    m: int
    k: int
    n: int
    heads: int


Row = LinearRow | PatchRow | ProductRow


def attention(name: str, tokens: int, head_size: int, heads: int) -> tuple[ProductRow, ProductRow]:
    """Scores and context of full attention; grouped keys and values serve every head, so the work is the same."""
    scores = ProductRow(f"{name}.scores", tokens, head_size, tokens, heads)
    return scores, ProductRow(f"{name}.context", tokens, tokens, head_size, heads)


@dataclass(frozen=True)
class Config:
    """The entries of a `config.json`; every reader raises InputError with the name of the entry."""

    entries: Mapping[str, Any]

    @property
    def model_type(self) -> str:
        """The family, such as `bert`."""
        return str(self.entries.get("model_type", ""))

    def size(self, key: str, default: int | None = None) -> int:
        """A positive number; `default` where the entry is missing or null."""
        value = self.entries.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LARGEST_SIZE:
            raise InputError(f"config.json: {key} must be a positive number, found {value!r}")
        return value

    def pair(self, key: str) -> tuple[int, int]:
        """A height and width, given as one number or two."""
        value = self.entries.get(key)
        if isinstance(value, list):
            numbers = [Config({key: part}).size(key) for part in value]
            if len(numbers) == 2:
                return numbers[0], numbers[1]
        return self.size(key), self.size(key)

    def divided(self, key: str, by: str) -> int:
        """One size divided by another; InputError if that leaves a remainder."""
        size, parts = self.size(key), self.size(by)
        if size % parts:
            raise InputError(f"config.json: {by} {parts} does not divide {key} {size}")
        return size // parts

    def flag(self, key: str, default: bool) -> bool:
        """True or false; `default` where the entry is missing or null."""
        value = self.entries.get(key)
        if value is not None and not isinstance(value, bool):
            raise InputError(f"config.json: {key} must be true or false, found {value!r}")
        return default if value is None else value

    def is_for(self, *tasks: str, unsaid: bool = False) -> bool:
        """Whether `architectures` names one of these tasks, such as `MaskedLM`; `unsaid` where it names none at all."""
        names = self.entries.get("architectures")
        if not isinstance(names, list) or not names:
            return unsaid
        return any(task in str(name) for name in names for task in tasks)

    @property
    def labels(self) -> int:
        """The number of classes that a classifier tells apart."""
        names = self.entries.get("id2label")
        return len(names) if isinstance(names, dict) and names else self.size("num_labels", 2)
