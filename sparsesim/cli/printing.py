"""What commands print: tables for people, JSON for scripts, and a bar while they wait."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from shutil import get_terminal_size
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDE: Final = 200
"""Characters on a line of a file or pipe."""

# Rich is imported where something is printed for people: scripts that read JSON need not wait for it.


def console() -> "Console":
    """Standard output; wide where it is a file or pipe without COLUMNS, so that each row is a line."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() or "COLUMNS" in os.environ else Console(width=WIDE)


def text_width() -> int:
    """Characters on a line, as `console` has it, but without rich."""
    return get_terminal_size().columns if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE


def print_table(table: "Table", keys: int = 1) -> None:
    """A table on lines as wide as the terminal; what has no room stands below, behind the first `keys` columns."""
    from sparsesim.report.fitted import fitted

    out = console()
    for part in fitted(table, out.width, keys):
        out.print(part, highlight=False)


def print_json(*records: object) -> None:
    """One line of JSON per record."""
    for record in records:
        typer.echo(json.dumps(record))


def print_rows(rows: Sequence[Mapping[Any, object]], keys: int = 1) -> None:
    """Mappings with the same keys as a table; the first `keys` of them name the row."""
    from sparsesim.report.table import rows_table

    print_table(rows_table([{str(key): value for key, value in row.items()} for row in rows]), keys)


def print_lines(lines: Iterable[str]) -> None:
    """Plain lines."""
    for line in lines:
        typer.echo(line)


def print_heading(words: str) -> None:
    """Words above a table, on lines as wide as the terminal."""
    print_lines([fill(words, text_width())])


def print_remarks(*lines: str, aside: bool = False) -> None:
    """What goes with a result and is not part of it, a line each; nothing with --quiet.

    `aside` puts the lines on stderr, where they do not disturb JSON.
    """
    if not remarks_wanted():
        return
    for line in lines:
        typer.echo(line, err=aside)


def remarks_wanted() -> bool:
    """Whether there is no --quiet."""
    return logging.getLogger("sparsesim").isEnabledFor(logging.INFO)


def print_names(described: Mapping[str, str], indent: str = "") -> None:
    """Names and their descriptions in two columns, of which the second wraps."""
    hanging = len(indent) + max(map(len, described), default=0) + 2
    for name, description in described.items():
        head = f"{indent}{name}".ljust(hanging)
        print_lines([fill(description, text_width(), initial_indent=head, subsequent_indent=" " * hanging)])


def print_written(*paths: object) -> None:
    """The files that were written, on one line; nothing if there are none."""
    written = [str(path) for path in paths if path is not None]
    if written:
        print_remarks(f"written: {', '.join(written)}")


@contextmanager
def progress_bar(title: str = "", total: int | None = None, *, quiet: bool) -> Iterator[Callable[[int, str], None]]:
    """A bar on stderr if that is a terminal; each call says how much more is done, and in a few words what comes next.

    Without a total it counts, and is gone at the end.
    """
    from rich import progress as bars
    from rich.console import Console

    words, elapsed = bars.TextColumn("{task.description}"), bars.TimeElapsedColumn()
    columns: tuple[bars.ProgressColumn, ...] = words, bars.BarColumn(), bars.MofNCompleteColumn(), elapsed
    if total is None:
        columns = bars.BarColumn(20), bars.TextColumn("{task.completed} done"), elapsed, words
    out = Console(stderr=True)
    hidden = quiet or not remarks_wanted() or not out.is_terminal
    with bars.Progress(*columns, console=out, transient=total is None, disable=hidden) as display:
        bar = display.add_task(title, total=total)
        yield lambda done, next_step: display.update(bar, advance=done, description=next_step or title)
