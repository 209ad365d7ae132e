"""The command line: thin commands around the Python API; only the one that is run is imported."""

import sys
from typing import Any, Final, NoReturn

import typer

from sparsesim.cli.app import app
from sparsesim.cli.interrupt import INTERRUPTED, NOTHING_KEPT, Stopped, leave
from sparsesim.errors import FaultsError, SparsesimError

UsageError: Final[Any] = typer.BadParameter.__base__
"""That of the Click that Typer brings along, whose place differs between its versions."""


def main() -> None:
    """Entry point: errors that a user can cause become a line each on stderr and exit code 2."""
    try:
        code = app(prog_name="sparsesim", standalone_mode=False)
    except UsageError as error:
        _misused(error)
    except typer.Abort:
        code = INTERRUPTED
    except Stopped as stopped:
        leave(str(stopped), stopped.code)
    except FaultsError as error:
        _refuse(*error.faults)
    except SparsesimError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.filename}: {error.strerror}")
    except MemoryError:
        _refuse("this takes more memory than there is; use smaller operands")
    if code == INTERRUPTED:
        leave(f"interrupted: {NOTHING_KEPT}")
    sys.exit(code)


def _misused(error: Any) -> NoReturn:
    """A command line without a command is answered with the help, any other fault with one line."""
    from pydantic import ValidationError

    from sparsesim.faults import joined, value_and_allowed

    reason = error.format_message()
    if "\n" in reason:
        error.show()
        sys.exit(2)
    parameter = getattr(error, "param", None)
    if parameter is not None and isinstance(error.__cause__, ValidationError):
        option = max(parameter.opts, key=len)
        reason = joined((option, value_and_allowed(fault)) for fault in error.__cause__.errors(include_url=False))[0]
    _refuse(f"{reason.rstrip('.')}; see {error.ctx.command_path} --help" if error.ctx else reason)


def _refuse(*reasons: str) -> NoReturn:
    for reason in reasons:
        sys.stderr.write(f"error: {' '.join(reason.split())}\n")
    sys.exit(2)
