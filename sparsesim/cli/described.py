"""Methods and sweeps from words on the command line."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from sparsesim.errors import FaultsError, InputError
from sparsesim.faults import causes, joined, value_and_allowed
from sparsesim.studies import Sweep
from sparsesim.studies.sweeps.entries import NetworkEntry, PrunerEntry
from sparsesim.transforms import Method, as_method, takes_sparsity

_OPTIONS: Final = {"formats": "format", "machines": "machine", "pruners": "pruner", "sizes": "size", "name": "pruner"}
"""Options that are called otherwise than the field of a sweep."""

_WHOLE: Final = ("networks",)
"""Fields that no option stands for: their faults name the file."""


def sweep_from_options(pruners: tuple[list[str], list[float]], **fields: Any) -> Sweep:
    """The sweep that these options describe; FaultsError with every fault, named as the option is."""
    names, sparsities = pruners
    entries = [{"name": name, "sparsity": sparsities if takes_sparsity(name) else []} for name in names]
    try:
        return Sweep.model_validate({"name": "compare", "pruners": entries, **fields}).located(_place)
    except ValidationError as error:
        faults = causes(error)
        raise FaultsError(joined((_option(fault["loc"]), value_and_allowed(fault)) for fault in faults)) from error


def _place(location: Sequence[str | int]) -> str:
    """The option of a field whose fault is found after the words were read; empty for the network and the whole."""
    return "" if not location or location[0] in _WHOLE else _option(location)


def _option(location: Sequence[str | int]) -> str:
    """The option behind a place in a sweep; places also have steps that are tags of unions."""
    fields = (*Sweep.model_fields, *NetworkEntry.model_fields, *PrunerEntry.model_fields)
    field = [str(step) for step in location if step in fields][-1]
    return f"--{_OPTIONS.get(field, field).replace('_', '-')}"


def method_at(text: str) -> Method:
    """A method written as NAME or NAME@SPARSITY."""
    try:
        return as_method(text)
    except InputError as error:
        raise InputError(f"--pruner: {error}") from error
