"""What every reference offers: rows of comparison, notes on them, a table of cases, and further tables and pictures.

A new one is `models/validation/NAME.yaml`, a module with its `PublishedValues` and its `Reference`, and a line in
`registry`. One that outgrows a module becomes a folder with `published.py` (the model of the YAML file), `runs.py`
(what is simulated) and the class in `__init__.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sparsesim.results import write_table
from sparsesim.validation.data import DataFolder
from sparsesim.validation.notes import Figures, render_notes
from sparsesim.validation.published import PublishedValues
from sparsesim.validation.row import Row

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[str], None]
"""Called with a few words before each step that takes time."""


@dataclass(frozen=True)
class Study:
    """A table beyond the rows, written as `REFERENCE-NAME.csv`, and how to draw it as `REFERENCE-NAME.png`.

    Without `draw` there is no picture; a table that another study has written already is not `kept` again.
    """

    name: str
    table: "pd.DataFrame"
    draw: "Callable[[pd.DataFrame, Path], Path] | None" = None
    kept: bool = True

    def write(self, folder: Path, reference: str) -> list[Path]:
        """The paths of the written files."""
        path = folder / f"{reference}-{self.name}.csv"
        if self.kept:
            write_table(self.table, path)
        return ([path] if self.kept else []) + ([self.draw(self.table, path.with_suffix(".png"))] if self.draw else [])


class Reference(ABC):
    """A set of published or measured values that the models are held against.

    A subclass sets `published` in its constructor and raises InputError if the data folder lacks what it needs. One
    whose `needs_data` is False runs on shipped files alone; `lists_rows` is False where the rows are too many to print.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    needs_data: ClassVar[bool] = True
    lists_rows: ClassVar[bool] = True

    published: PublishedValues

    def __init__(self, data: Path, progress: Progress) -> None:
        self.data = DataFolder(data)
        self.progress = progress

    @abstractmethod
    def rows(self) -> list[Row]:
        """Every comparison that the available data allows."""

    def notes(self) -> list[str]:
        """What a reader of the rows should know, a line each: the notes of the YAML file with their figures."""
        return render_notes(self.name, self.published.notes, self.note_figures())

    def note_figures(self) -> Mapping[str, Sequence[Figures]]:
        """What fills the placeholders of the notes, by key: one mapping per line, none if a note does not apply."""
        return {}

    def cases(self) -> list[dict[str, Any]]:
        """One mapping per case (matrix, network, shape) with its main figures, for a table; all have the same keys."""
        return []

    def studies(self) -> Iterator[Study]:
        """Further tables and pictures."""
        return iter(())

    def write_rows(self, rows: Sequence[Row], folder: Path) -> list[Path]:
        """Write the rows as CSV and, unless they are too many, their errors as a picture; then all studies."""
        import pandas as pd  # takes long to import, as does what draws; only those who ask for files need them

        from sparsesim.report.validation import plot_errors

        table = pd.DataFrame([row.as_object() for row in rows])
        written = [folder / f"{self.name}-rows.csv"]
        write_table(table, written[0])
        if self.lists_rows:
            written.append(plot_errors(table, folder / f"{self.name}-errors.png"))
        return written + self.write(folder)

    def write(self, folder: Path) -> list[Path]:
        """Write all studies into a folder; the paths of the files."""
        return [path for study in self.studies() for path in study.write(folder, self.name)]
