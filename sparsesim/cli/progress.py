"""How far a sweep is: a bar where somebody looks on, a line now and then in a log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final

import typer

from sparsesim.cli.printing import remarks_wanted
from sparsesim.studies import Progress

EVERY_S: Final = 10.0
"""Between two lines of a log."""


@contextmanager
def sweep_progress(title: str, asked: int, known: int, *, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A function that is told of points as they finish, and shows rate, time left, and what failed or was refused.

    `known` of all points that are `asked` for are there already.
    """
    if not remarks_wanted():
        yield lambda progress: None
    elif sys.stderr.isatty():
        with _bar(title, asked, known, quiet=quiet) as tell:
            yield tell
    else:
        yield _Lines(title, asked, known)


class _Lines:
    """A line every ten seconds, with the rate since the beginning."""

    def __init__(self, title: str, asked: int, known: int) -> None:
        self._title, self._asked, self._known = title, asked, known
        self._total = Progress(0, 0, 0)
        self._begun = self._told = monotonic()

    def __call__(self, progress: Progress) -> None:
        self._total = Progress(*(a + b for a, b in zip(self._total, progress, strict=True)))
        now = monotonic()
        if now - self._told >= EVERY_S:
            self._told = now
            typer.echo(self._line(now - self._begun), err=True)

    def _line(self, passed_s: float) -> str:
        there, rate = self._known + self._total.done, self._total.done / passed_s
        left_s = max(self._asked - there, 0) / rate if rate else 0.0
        line = f"{self._title}: {there} of {self._asked} points, {rate:.3g}/s, {_duration(left_s)} left"
        return ", ".join([line, *_troubles(self._total)])


@contextmanager
def _bar(title: str, asked: int, known: int, *, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    from rich import progress as bars
    from rich.console import Console

    columns: tuple[bars.ProgressColumn, ...] = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.fields[rate]}"),
        bars.TimeRemainingColumn(elapsed_when_finished=True),
        bars.TextColumn("{task.fields[troubles]}"),
    )
    total, begun = Progress(0, 0, 0), monotonic()
    with bars.Progress(*columns, console=Console(stderr=True), disable=quiet) as display:
        bar = display.add_task(title, total=asked, completed=known, rate="", troubles="")

        def tell(progress: Progress) -> None:
            nonlocal total
            total = Progress(*(a + b for a, b in zip(total, progress, strict=True)))
            fields: dict[str, Any] = {"rate": f"{total.done / max(monotonic() - begun, 1e-9):.3g}/s"}
            display.update(bar, advance=progress.done, troubles=", ".join(_troubles(total)), **fields)

        yield tell


def _troubles(total: Progress) -> list[str]:
    told = {"failed": total.failed, "refused": total.refused}
    return [f"{count} {what}" for what, count in told.items() if count]


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, hours = whole // 60 % 60, whole // 3600
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {whole % 60:02d} s"
