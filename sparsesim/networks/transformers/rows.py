"""The layers of a transformer row by row, and the `config.json` that their sizes come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparsesim.errors import InputError
from sparsesim.networks.bounds import MAX_SIZE
from sparsesim.places import shown


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
    """The entries of a `config.json`; every reader raises InputError with the entry and its value.

    `place` stands in front of each fault, where it is not the file itself that is loaded.
    """

    entries: Mapping[str, Any]
    place: str = "config.json: "

    @property
    def model_type(self) -> str:
        """The family, such as `bert`."""
        return str(self.entries.get("model_type", ""))

    def fault(self, key: str, value: object, allowed: str) -> InputError:
        """What to raise for an entry that cannot be."""
        return InputError(f"{self.place}{key}: {shown(value)}: {allowed}")

    def size(self, key: str, default: int | None = None) -> int:
        """A positive number; `default` where the entry is missing or null."""
        value = self.entries.get(key)
        if value is None and default is not None:
            return default
        return self._checked(key, value, value)

    def pair(self, key: str) -> tuple[int, int]:
        """A height and width, given as one number or two."""
        value = self.entries.get(key)
        if isinstance(value, list) and len(value) == 2:
            return self._checked(key, value[0], value), self._checked(key, value[1], value)
        return self.size(key), self.size(key)

    def divided(self, key: str, by: str) -> int:
        """One size divided by another; InputError if that leaves a remainder."""
        size, parts = self.size(key), self.size(by)
        if size % parts:
            raise InputError(f"{self.place}{by} {parts} does not divide {key} {size}")
        return size // parts

    def flag(self, key: str, default: bool) -> bool:
        """True or false; `default` where the entry is missing or null."""
        value = self.entries.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.fault(key, value, "must be true or false")
        return default if value is None else value

    def is_for(self, *tasks: str, unsaid: bool = False) -> bool:
        """Whether `architectures` names one of these tasks, such as `MaskedLM`; `unsaid` where it names none at all."""
        names = self.entries.get("architectures")
        if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            raise self.fault("architectures", names, "must be a list of names")
        return any(task in name for name in names for task in tasks) if names else unsaid

    @property
    def labels(self) -> int:
        """The number of classes that a classifier tells apart."""
        names = self.entries.get("id2label")
        if names is not None and not isinstance(names, dict):
            raise self.fault("id2label", names, "must be a mapping of names")
        return len(names) if names else self.size("num_labels", 2)

    def _checked(self, key: str, value: object, given: object) -> int:
        if type(value) is not int or not 0 < value <= MAX_SIZE:  # True is an int, too
            raise self.fault(key, given, f"must be a positive number, at most {MAX_SIZE}")
        return value
