"""Errors that a user can cause: one clear line that names the place, the field and the value."""

import difflib
from collections.abc import Iterable


class SparsesimError(ValueError):
    """Base of every error raised on purpose; the command line prints it as one line and exits with 2."""


class InputError(SparsesimError):
    """A file, argument or description that cannot be used."""


class UnknownNameError(InputError):
    """A name that is not in its family; suggests the nearest ones."""

    def __init__(self, family: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(names)}"
        super().__init__(f"unknown {family} {name!r}: {hint}")


class PatternError(SparsesimError):
    """A matrix whose non-zeros do not have the pattern that a format or machine needs."""
