"""What every word on a command line is held to before anything is made of it, whichever option it belongs to.

Numbers are told by the annotation of their parameter, so that no command has to think of it.
"""

import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any, Final, get_args

import typer

from sparsesim.cli.panels import PanelledCommand
from sparsesim.limits import MAX_INT64

MOST_CHARACTERS: Final = 4096
"""Of one word: as many as a path may have. Patterns are matched, and digits read, in a moment up to here."""
MOST_DIGITS: Final = 64
"""Characters of one number."""


class CheckedCommand(PanelledCommand):
    """A command that refuses words which no option could mean: endless ones, bytes that are no text, odd numbers."""

    def make_parser(self, ctx: Any) -> Any:
        """With a check between what was typed and what Typer makes of it."""
        parser: Any = super().make_parser(ctx)
        parse, kinds = parser.parse_args, _number_kinds(self.callback)

        parameters: list[Any] = self.get_params(ctx)

        def checked(args: list[str]) -> Any:
            try:
                found = parse(args=args)
            except UsageError as error:
                error.ctx = error.ctx or ctx  # some faults do not say in which command
                raise
            for parameter in parameters:
                for word in _words(found[0].get(parameter.name)):
                    if reason := fault_of_word(word) or fault_of_number(word, kinds.get(parameter.name)):
                        raise typer.BadParameter(f"{word!r}: {reason}", ctx=ctx, param=parameter)
            return found

        parser.parse_args = checked
        return parser


UsageError: Final[Any] = typer.BadParameter.__base__
"""That of the Click that Typer brings along, whose place differs between its versions."""


def fault_of_word(word: str) -> str:
    """What is wrong with any word, or nothing."""
    if len(word) > MOST_CHARACTERS:
        return f"must have at most {MOST_CHARACTERS:,} characters, not {len(word):,}"
    if "\0" in word:
        return "must not contain NUL"
    if any("\ud800" <= sign <= "\udfff" for sign in word):
        return "must be text: it has bytes that stand for no character here"
    return ""


def fault_of_number(word: str, kind: type[Any] | None) -> str:
    """What is wrong with the word for an `int` or `float`, or nothing; what is no number at all is left to Typer."""
    if kind is None:
        return ""
    if len(word) > MOST_DIGITS:
        return f"must be a number of at most {MOST_DIGITS} characters"
    if not word.isascii():
        return f"must be a valid {'integer' if kind is int else 'number'}"
    try:
        value = kind(word)
    except ValueError:
        return ""
    if kind is int and abs(value) > MAX_INT64:
        return "must lie between -2^63 and 2^63"
    return "" if math.isfinite(value) else "must be a finite number"


def _words(given: Any) -> Iterator[str]:
    """The words of one parameter, typed once or several times; flags have none."""
    for word in given if isinstance(given, list | tuple) else [given]:
        if isinstance(word, str):
            yield word


def _number_kinds(command: Callable[..., Any] | None) -> dict[str, type[Any]]:
    """`int` or `float` by parameter, for those that are numbers."""
    if command is None:
        return {}
    found = {name: _kind(given.annotation) for name, given in inspect.signature(command).parameters.items()}
    return {name: kind for name, kind in found.items() if kind is not None}


def _kind(annotation: Any) -> type[Any] | None:
    if annotation is int:
        return int
    if annotation is float:
        return float
    return next((kind for part in get_args(annotation) if (kind := _kind(part)) is not None), None)
