"""Methods and sweeps from words on the command line."""

from typing import Any

from pydantic import ValidationError

from sparsesim.errors import InputError
from sparsesim.studies import Sweep
from sparsesim.transforms import Method, method_by_name, takes_sparsity

_AT = "@"


def sweep_from_options(pruners: tuple[list[str], list[float]], **fields: Any) -> Sweep:
    """The sweep that these options describe; every fault becomes one InputError line."""
    names, sparsities = pruners
    entries = [{"name": name, "sparsity": sparsities if takes_sparsity(name) else []} for name in names]
    try:
        return Sweep.model_validate({"name": "compare", "pruners": entries, **fields})
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise InputError(f"{field}: {fault['msg']} (got {fault['input']!r})") from error


def method_at(text: str) -> Method:
    """A method written as NAME or NAME@SPARSITY."""
    name, at, amount = text.partition(_AT)
    if not at and takes_sparsity(name):
        raise InputError(f"--pruner {text!r} needs a sparsity: write {name}{_AT}0.9")
    try:
        sparsity = float(amount) if at else None
    except ValueError as error:
        raise InputError(f"--pruner {text!r}: {amount!r} is no sparsity; write magnitude{_AT}0.9") from error
    return method_by_name(name, sparsity)
