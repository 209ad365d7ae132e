"""How a command that cannot go on ends: a line on stderr and an exit code, whatever went wrong."""

import os
import sys
import traceback
from contextlib import suppress
from typing import Any, Final, NoReturn

from sparsesim.cli.outputs import Unwritten

REFUSED: Final = 2
"""Exit code for what the user can mend."""
INTERNAL: Final = 70
"""Exit code for a fault of sparsesim (EX_SOFTWARE of sysexits.h)."""
OUTPUT_CLOSED: Final = 141
"""Exit code where nobody reads on, as of tools that SIGPIPE ends: 128 + 13."""
TRACEBACK: Final = "SPARSESIM_TRACEBACK"
"""Environment variable that shows where an internal error happened."""

LONGEST_LINE: Final = 900
"""Characters of an error; a longer one loses its middle."""


def refuse(*reasons: str) -> NoReturn:
    """A line each, and the exit code for what the user can mend."""
    for reason in reasons:
        _tell(reason)
    sys.exit(REFUSED)


def misused(error: Any) -> NoReturn:
    """A command line that is not understood: the help for an empty one, else a line that says where help is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        sys.exit(REFUSED)
    refuse(f"{_misuse(error)}; see {error.ctx.command_path} --help" if error.ctx else _misuse(error))


def _misuse(error: Any) -> str:
    """What is wrong, beginning with the option and its value where there is one."""
    parameter = getattr(error, "param", None)
    if parameter is not None and error.message:
        from pydantic import ValidationError

        from sparsesim.faults import joined, value_and_allowed

        option = max(parameter.opts, key=len)
        if isinstance(error.__cause__, ValidationError):
            return joined((option, value_and_allowed(fault)) for fault in error.__cause__.errors(include_url=False))[0]
        return f"{option}: {error.message.rstrip('.')}"
    if getattr(error, "option_name", None) and "does not take a value" in error.message:
        return f"{error.option_name}: takes no value"
    if getattr(error, "option_name", None) and "requires" in error.message:
        return f"{error.option_name}: needs a value"
    return str(error.format_message()).rstrip(".")


def failed(error: Exception) -> NoReturn:
    """An error that nobody foresaw: what to report in a line, and with SPARSESIM_TRACEBACK=1 where it happened."""
    if os.environ.get(TRACEBACK, "") not in ("", "0"):
        traceback.print_exception(error)
    else:
        words = f"{type(error).__name__}: {error}".rstrip(": ")
        _tell(f"internal: {words}; please report this with the command, its files and what {TRACEBACK}=1 shows")
    sys.exit(INTERNAL)


def failed_to_write(error: OSError) -> NoReturn:
    """The file, where it is known, and the reason."""
    reason = error.strerror or str(error)
    refuse(reason if error.filename is None else f"{error.filename}: {reason}")


def not_printed(unwritten: Unwritten) -> NoReturn:
    """Nobody reads what is printed, which is no error (`sparsesim list | head -1`), or there is no room for it."""
    if isinstance(unwritten.cause, BrokenPipeError):
        sys.exit(OUTPUT_CLOSED)
    refuse(f"standard output: {unwritten.cause.strerror}")


def _tell(reason: str) -> None:
    """One line without control characters, which a terminal would obey."""
    words = " ".join(reason.split())
    if len(words) > LONGEST_LINE:
        words = f"{words[: LONGEST_LINE // 2]} … {words[-LONGEST_LINE // 2 :]}"
    plain = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in words)
    with suppress(Unwritten):  # nobody reads errors either; the exit code tells
        sys.stderr.write(f"error: {plain}\n")
        sys.stderr.flush()
