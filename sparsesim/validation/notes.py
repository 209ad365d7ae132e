"""Turns the notes of `models/validation/NAME.yaml` into the lines that are printed below the rows."""

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

from sparsesim.errors import InputError

Figures = Mapping[str, Any]
"""Numbers and names by placeholder."""


def checked_template(text: str) -> str:
    """The text itself; ValueError unless its placeholders are plain names, such as `{error:.1f}`, on one line."""
    if "\n" in text:
        raise ValueError("a note is one line")
    for _, placeholder, _, conversion in Formatter().parse(text):
        if placeholder is not None and (conversion or not placeholder.isidentifier()):
            raise ValueError(f"a placeholder is a name in braces, found {{{placeholder}}}")
    return text


def render_notes(reference: str, notes: Mapping[str, str], figures: Mapping[str, Sequence[Figures]]) -> list[str]:
    """The notes in the order of the file: once for every mapping in `figures[key]`, or once as they are.

    A key with an empty list is not printed. InputError for a placeholder that has no figure or cannot be shown so.
    """
    return [
        _render(f"{reference}.yaml: notes.{key}", text, values)
        for key, text in notes.items()
        for values in figures.get(key, [{}])
    ]


def _render(place: str, text: str, values: Figures) -> str:
    try:
        return text.format_map(values)
    except KeyError as error:
        known = f"known: {', '.join(values)}" if values else "this note has no figures"
        raise InputError(f"{place}: unknown placeholder {{{error.args[0]}}}, {known}") from error
    except (ValueError, TypeError) as error:
        raise InputError(f"{place}: {error}") from error
