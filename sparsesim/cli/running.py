"""What every command has in common while it runs: how much it says and takes, and Ctrl-C."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import Parameter, signature
from time import perf_counter
from typing import Annotated, Any, Final

import typer

from sparsesim.cli.groups import declare, spread
from sparsesim.cli.interrupt import interruptible
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.parse import quantity
from sparsesim.limits import memory_budget

LOG: Final = logging.getLogger("sparsesim")
"""Remarks are printed at its level INFO, which is the default of commands; what runs is logged at DEBUG."""

Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print the result only: no bar, no remarks.", rich_help_panel=OUTPUT)
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also tell what runs and how long it takes.", rich_help_panel=OUTPUT)
]
Memory = Annotated[
    str,
    typer.Option("--memory", help="What one file or product may take, such as 4 GiB; default: a quarter of it all."),
]
_OWN: Final[tuple[tuple[str, Any, Any], ...]] = (
    ("memory", "", Memory),
    ("quiet", False, Quiet),
    ("verbose", False, Verbose),
)


def running(name: str, command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer reads it, with the options that all commands have."""
    told = spread(command)

    @wraps(told)
    def run(*, memory: str, quiet: bool, verbose: bool, **values: Any) -> None:
        budget = quantity("--memory", memory, "B") if memory else None
        with _saying(quiet, verbose), interruptible(), memory_budget(budget):
            started = perf_counter()
            try:
                told(**values)
            except BrokenPipeError as error:  # not what is printed, for which Typer would take it
                raise RuntimeError(f"a pipe between processes broke: {error}") from error
            LOG.debug("%s: %.2f s in all", name, perf_counter() - started)

    own = [
        Parameter(option, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for option, default, annotation in _OWN
    ]
    declare(run, [*signature(told).parameters.values(), *own])
    return run


@contextmanager
def _saying(quiet: bool, verbose: bool) -> Iterator[None]:
    """The level of the log for one command; of both options the quiet one counts."""
    handler, before = _ToStderr(), LOG.level
    LOG.setLevel(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)
    LOG.addHandler(handler)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(before)


class _ToStderr(logging.Handler):
    """Lines on what is standard error at the time: a bar moves out of their way."""

    def emit(self, record: logging.LogRecord) -> None:
        typer.echo(self.format(record), err=True)
