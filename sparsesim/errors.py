"""Errors that a user can cause: one line naming the place, the field and the value."""

import difflib
from collections.abc import Iterable
from typing import Any


class SparsesimError(ValueError):
    """Base of every error raised on purpose; the command line prints it as one line and exits with 2.

    >>> import sparsesim as ss
    >>> try:
    ...     ss.load_machine("a100-pci")
    ... except ss.SparsesimError as error:
    ...     print(error)
    unknown machine 'a100-pci': did you mean a100-pcie...?
    """

    def __reduce__(self) -> tuple[Any, ...]:
        # From a worker process an error comes as it is: without its constructor, which would word it anew.
        return _made, (type(self), *self.args), self.__dict__


def _made(kind: type[SparsesimError], *args: Any) -> SparsesimError:
    return kind.__new__(kind, *args)


class InputError(SparsesimError):
    """An unusable file, argument or description."""


class TooLargeError(InputError):
    """Something that needs more memory than one input may take."""


class FaultsError(InputError):
    """Several faults of one description: the message has a line for each, and so has the command line."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class UnknownNameError(InputError):
    """An unknown name in a family, such as a machine; suggests similar ones."""

    def __init__(self, family: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(names)}"
        super().__init__(f"unknown {family} {name!r}: {hint}")


class PatternError(SparsesimError):
    """A matrix without the pattern of non-zeros that a format or machine needs."""
