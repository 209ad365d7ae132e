"""The table of all layers of a sweep, written a few points at a time, so that it may be larger than the memory."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sparsesim.atomic import replacing
from sparsesim.results.record import Result
from sparsesim.results.tables import result_table


def write_layers(parts: Callable[[], Iterable[Sequence[Result]]], path: Path) -> None:
    """Write the layers of all parts, in order, as a `.csv` with the columns that any of them has; whole or not at all.

    `parts` is asked twice: for the columns, and for the rows. Raises OSError that names the file.
    """
    columns = dict[str, None]()
    for part in parts():
        for result in part:
            columns |= dict.fromkeys(result.flat())
    with replacing(path) as new, new.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(columns) + "\n" if columns else "\n")
        for part in parts():
            if part:
                result_table(part).reindex(columns=[*columns]).to_csv(file, index=False, header=False)
