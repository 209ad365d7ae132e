"""Where a fault was found: readers say what is wrong, and who knows the file, layer or tensor puts it in front."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sparsesim.errors import FaultsError, InputError


@contextmanager
def within(place: str | Path) -> Iterator[None]:
    """Put `place` in front of the message of every InputError raised inside, and of each of several faults."""
    try:
        yield
    except FaultsError as error:
        raise FaultsError(f"{place}: {fault}" for fault in error.faults) from error
    except InputError as error:
        raise InputError(f"{place}: {error}") from error


def one_line(error: BaseException) -> str:
    """What an exception of another package says, on one line and not longer than a line can be."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _LONGEST_REMARK else f"{text[:_LONGEST_REMARK]}..."


def shown(value: object) -> str:
    """A value for a message: its repr, cut where it is long; never a traceback for an integer of many digits."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > _LONGEST_INTEGER_BITS:
        return f"a number of {round(value.bit_length() * _LOG10_OF_2)} digits"
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a long integer somewhere inside, or nesting
        return f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


_LONGEST_REMARK, _LONGEST_VALUE, _LONGEST_INTEGER_BITS, _LOG10_OF_2 = 300, 200, 256, 0.30103
