"""What commands print: tables for people, JSON for scripts, and a bar while they wait."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

# Rich is imported where something is printed for people: scripts that read JSON need not wait for it.


def console() -> "Console":
    """Standard output; wide where it is a file or pipe, so that nothing is wrapped or cut off."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=200)


def print_json(*records: object) -> None:
    """One line of JSON per record."""
    for record in records:
        typer.echo(json.dumps(record))


def print_rows(rows: Sequence[Mapping[Any, object]]) -> None:
    """Mappings with the same keys as a table."""
    from sparsesim.report.table import rows_table

    console().print(rows_table([{str(key): value for key, value in row.items()} for row in rows]))


def print_lines(lines: Iterable[str]) -> None:
    """Plain lines."""
    for line in lines:
        typer.echo(line)


def print_remarks(lines: Iterable[str], *, aside: bool) -> None:
    """Remarks below a table; `aside` puts them on stderr, where they do not disturb JSON."""
    if aside:
        for line in lines:
            typer.echo(line, err=True)
        return
    out = console()
    for line in lines:
        out.print(line, style="dim", highlight=False, markup=False, soft_wrap=True)


def print_names(described: Mapping[str, str], indent: str = "") -> None:
    """Names and their descriptions in two columns."""
    width = max(map(len, described), default=0)
    print_lines(f"{indent}{name:<{width}}  {description}" for name, description in described.items())


def print_written(*paths: object) -> None:
    """The files that were written, on one line; nothing if there are none."""
    written = [str(path) for path in paths if path is not None]
    if written:
        typer.echo(f"written: {', '.join(written)}")


@contextmanager
def progress_bar(title: str = "", total: int | None = None, *, quiet: bool) -> Iterator[Callable[[int, str], None]]:
    """A bar on stderr; each call says how much more is done, and in a few words what comes next.

    Without a total it counts, and is gone at the end.
    """
    from rich import progress as bars
    from rich.console import Console

    words, elapsed = bars.TextColumn("{task.description}"), bars.TimeElapsedColumn()
    columns: tuple[bars.ProgressColumn, ...] = words, bars.BarColumn(), bars.MofNCompleteColumn(), elapsed
    if total is None:
        columns = bars.BarColumn(20), bars.TextColumn("{task.completed} done"), elapsed, words
    with bars.Progress(*columns, console=Console(stderr=True), transient=total is None, disable=quiet) as display:
        bar = display.add_task(title, total=total)
        yield lambda done, next_step: display.update(bar, advance=done, description=next_step or title)
