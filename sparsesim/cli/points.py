"""What commands that simulate many points keep, print and draw of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparsesim.cli.printing import print_json, print_remarks, print_table, print_written
from sparsesim.cli.progress import sweep_progress
from sparsesim.errors import FaultsError
from sparsesim.results import Result, energy_remarks, priced_points, prices_in_words, result_table, write_table
from sparsesim.results.layer_file import write_layers
from sparsesim.store import Store, StoreWriter, opened
from sparsesim.store.comparing import compared as compared_points
from sparsesim.studies import CrewOf, Grid, fill

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

Shown = Callable[["pd.DataFrame", Grid, str], "Table"]
"""The table for people, of points beside their baseline, with a title."""

SUFFIX: Final = ".db"
"""Of a store beside the tables of its sweep."""


def fill_shown(
    grid: Grid,
    kept: StoreWriter,
    crew: CrewOf | None = None,
    *,
    workers: int | None = None,
    retry: bool = False,
    quiet: bool,
) -> None:
    """Simulate what is missing, and show how far that is."""
    counts = kept.counts()
    with sweep_progress(grid.name, counts["asked"], counts["asked"] - counts["missing"], quiet=quiet) as tell:
        fill(grid, kept, crew, workers=workers, retry=retry, tell=tell)


def finish(
    grid: Grid,
    kept: StoreWriter,
    folder: Path | None,
    shown: Shown,
    *,
    as_json: bool,
    parquet: bool = False,
    plots: bool = True,
    more_layers: Sequence[Path] = (),
) -> None:
    """Tables and pictures of what is kept, in a folder if there is one, and the answer."""
    compared, written = compared_points(kept).table, [kept.path]
    if folder is not None:
        written += _tables(grid, kept, compared, folder, parquet)
        if plots and (compared["status"] == "ok").any():
            written += _pictures(grid, kept, compared, folder)
    for path in more_layers:
        _write_layers(grid, kept, path)
        written.append(path)
    print_points(grid, compared, kept.objects, shown, as_json=as_json, written=written)
    print_remarks(*_failures(kept), aside=as_json)


def print_points(
    grid: Grid,
    compared: "pd.DataFrame",
    objects: Callable[[], Iterable[Mapping[str, Any]]],
    shown: Shown,
    *,
    as_json: bool,
    written: Iterable[Path] = (),
) -> None:
    """The answer, what its energies mean, and what was refused or failed; where everything was, that is an error.

    `compared` are the points beside their baseline, `objects` the points for JSON.
    """
    from sparsesim.report.story import story
    from sparsesim.report.table import refusals, stars

    if as_json:
        print_json(*objects())
    if not (compared["status"] == "ok").any():
        raise FaultsError(refusals(compared))
    prices = priced_points(compared)
    of_energies = energy_remarks(prices, grid.machines, grid.tables[0])
    if as_json:
        print_remarks(*grid.left_out_in_words, *of_energies, aside=True)
        return
    title = f"{grid.name}: baseline {grid.baseline_in_words}; energy at {prices_in_words(prices)}"
    print_table(shown(compared, grid, title), keys=2)
    print_remarks(*grid.left_out_in_words, *stars(compared), *story(compared), *refusals(compared), *of_energies)
    print_written(*written)


def best_of_each(compared: "pd.DataFrame", grid: Grid, title: str) -> "Table":
    """The fastest format of every machine."""
    from sparsesim.report.table import best_table  # loads rich, which JSON does without

    return best_table(compared, str(grid.baseline.get("format", "dense")), title)


def every_table(compared: "pd.DataFrame", grid: Grid, title: str) -> "Table":
    """Every point."""
    from sparsesim.report.table import points_table

    return points_table(compared, title)


def kept_in_words(path: Path) -> str:
    """How many points are on disk, for somebody who stopped; any thread may ask."""
    with opened(path) as kept:
        counts = kept.counts()
    there = counts["asked"] - counts["missing"]
    return f"{there} of {counts['asked']} points are in {path}; run again to go on" if there else "nothing is kept"


def _tables(grid: Grid, kept: Store, compared: "pd.DataFrame", folder: Path, parquet: bool) -> list[Path]:
    written = []
    for suffix in (".csv", ".parquet") if parquet else (".csv",):
        layers, totals = (folder / f"{grid.name}-{part}{suffix}" for part in ("layers", "totals"))
        _write_layers(grid, kept, layers)
        write_table(compared, totals)
        written += [layers, totals]
    return written


def _write_layers(grid: Grid, kept: Store, path: Path) -> None:
    if path.suffix == ".csv":
        write_layers(lambda: _layers(grid, kept), path)
    else:
        write_table(result_table(result for part in _layers(grid, kept) for result in part), path)


def _layers(grid: Grid, kept: Store) -> Iterator[list[Result]]:
    """The results of each task's points, layer after layer."""
    for task in grid.tasks:
        points = [kept.layers(point.hash) for point in task.points]
        depth = max(map(len, points), default=0)
        yield [point[layer] for layer in range(depth) for point in points if layer < len(point)]


def _pictures(grid: Grid, kept: Store, compared: "pd.DataFrame", folder: Path) -> list[Path]:
    from sparsesim.report.points import (
        draws_layers,
        plot_points,
    )  # loads matplotlib, which takes long and draws only here
    from sparsesim.results import PointTables

    needed = _layers(grid, kept) if draws_layers(compared, grid.pictures) else ()
    layers = result_table(result for part in needed for result in part)
    return plot_points(PointTables(layers, compared), folder, grid.name, grid.baseline_in_words, grid.pictures)


def _failures(kept: Store) -> list[str]:
    failed = kept.counts()["failed"]
    if not failed:
        return []
    told = f"{failed} {'point' if failed == 1 else 'points'} failed"
    return [f"{told}: sparsesim results {kept.path} --status failed says why; --retry tries again"]
