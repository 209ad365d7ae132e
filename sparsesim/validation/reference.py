"""What every reference offers: rows of comparison, remarks, and further tables and pictures."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from sparsesim.validation.row import Row

Watch = Callable[[str], None]
"""Called with a few words before everything that takes time."""


class Reference(ABC):
    """A set of published or measured values that the models are held against.

    A subclass opens its data in the constructor and raises InputError if there is none. One whose `needs_data` is
    False runs on shipped descriptions alone.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    needs_data: ClassVar[bool] = True
    lists_rows: ClassVar[bool] = True

    @abstractmethod
    def __init__(self, data: Path, watch: Watch) -> None: ...

    @abstractmethod
    def rows(self) -> list[Row]:
        """Every comparison that the data at hand allows."""

    def notes(self) -> list[str]:
        """What a reader of the rows should know, a line each."""
        return []

    def cases(self) -> list[dict[str, Any]]:
        """One mapping per case (matrix, network, shape) with its main figures, for a table; all alike."""
        return []

    def write(self, folder: Path, long: bool) -> list[Path]:
        """Further tables and pictures; `long` adds what takes minutes. The paths of the written files."""
        return []
