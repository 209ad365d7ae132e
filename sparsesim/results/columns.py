"""The names of a table's columns: those that name a point, those that are added up, and whole families."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

POINT: Final = ("network", "pruner", "sparsity", "format", "machine")
"""The columns that name one point of a sweep; the layers of a network share them."""

IDENTITY: Final = "point"
"""The column that tells points apart whatever they are called: the content hash of all that decides one."""

UNPRUNED: Final = "none"
"""The pruner that keeps every weight."""

GIVEN: Final = "given"
"""Stands for it in results of a network whose weights came pruned."""

NO_WEIGHTS: Final = "none"
"""Where the weights of a product of two activations come from."""

ADDED: Final = ("a_bytes", "a_nnz", "macs", "cycles", "seconds", "simulation_seconds")
"""The columns of a layer whose sum says something about the network; families are added besides."""


WORDS: Final = ("point", "kernel", "unpacked", "bottleneck", "note")
"""Columns of text that may be empty."""


@dataclass(frozen=True)
class Family:
    """The columns of one nested field of a result: each of its keys between a prefix and a suffix.

    Keys are taken as they are; they may hold dots and underscores. Where they are `words` instead, their spaces become
    underscores in columns.
    """

    prefix: str
    suffix: str = ""
    words: bool = False

    def column(self, key: str) -> str:
        """The column of a key."""
        return f"{self.prefix}{key.replace(' ', '_') if self.words else key}{self.suffix}"

    def key(self, column: str) -> str | None:
        """The key of a column, None for a column of another kind."""
        part = column.removeprefix(self.prefix).removesuffix(self.suffix)
        key = part.replace("_", " ") if self.words else part
        return key if key and self.column(key) == column else None

    def among(self, columns: Iterable[str]) -> dict[str, str]:
        """Column by key, for those columns that belong to the family, in their order."""
        return {key: column for column in columns if (key := self.key(column)) is not None}


TIME: Final = Family("time_", "_s", words=True)
ENERGY: Final = Family("energy_", "_pj")
DRAM: Final = Family("dram_", "_bytes")
COUNTS: Final = Family("count_")
DETAILS: Final = Family("detail_")
AXES: Final = Family("axis_")
"""Settings of a sweep that points differ in, and that no other column tells: batch, a field of the machine."""

ADDED_FAMILIES: Final = {"time_s": TIME, "energy_pj": ENERGY, "dram_bytes": DRAM, "counts": COUNTS}
"""Families that are added up, by the field that holds them."""

WHOLE_FAMILIES: Final = (DRAM, COUNTS)
"""Families of integers that a result may lack: their columns have gaps and must not become floats for that."""
