"""Conditions on points: a column, a comparison and a value, as users write them."""

import re
from typing import Any, Final, NamedTuple

from sparsesim.errors import InputError

_SIGNS: Final = re.compile(r"\s*([^=<>!]+?)\s*(>=|<=|!=|=|<|>)\s*(.*?)\s*", re.DOTALL)
_PATTERN: Final = re.compile(r"[*?]")


class Condition(NamedTuple):
    """What a row must meet.

    Attributes:
        column: name of a column.
        sign: one of = != < <= > >=.
        value: number or text; a text with * or ? is a pattern for = and !=.
    """

    column: str
    sign: str
    value: Any

    @property
    def is_pattern(self) -> bool:
        """Whether the value stands for several texts."""
        return isinstance(self.value, str) and self.sign in ("=", "!=") and bool(_PATTERN.search(self.value))


def condition(text: str, option: str = "where") -> Condition:
    """The condition in a text such as "sparsity>=0.9" or "machine=a100*"; InputError that names the option.

    >>> condition("sparsity >= 0.9")
    Condition(column='sparsity', sign='>=', value=0.9)
    >>> condition("machine=a100*").is_pattern
    True
    """
    found = _SIGNS.fullmatch(text)
    if not found or len(text) > 1000:
        raise InputError(f"{option}: {text[:80]!r}: COLUMN=VALUE is needed, or one of != < <= > >=")
    column, sign, value = found.groups()
    return Condition(column, sign, _value(value))


def _value(text: str) -> Any:
    try:
        return int(text) if len(text) < 19 else float(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
