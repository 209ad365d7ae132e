"""Reads the published or measured values in `models/validation/NAME.yaml` into the model of the reference NAME."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator

from sparsesim.errors import InputError
from sparsesim.shipped import shipped_file
from sparsesim.validation.notes import checked_template
from sparsesim.yaml_file import Description, load_description


class PublishedValues(Description):
    """The fields of every such file; a reference adds its own.

    `notes` are templates by key, see `notes.render_notes`. `wanted` and `origin` tell a user whose data folder lacks
    the data of the reference which files it looks for and where they come from.
    """

    name: str
    notes: Mapping[str, Annotated[str, AfterValidator(checked_template)]]
    wanted: str = ""
    origin: str = ""


Values = TypeVar("Values", bound=PublishedValues)


def load_published(name: str, model: type[Values]) -> Values:
    """The shipped values of a reference; InputError with file, line and field if they do not fit `model`."""
    path = shipped_file("reference", name, "models/validation", ".yaml")
    values = load_description(path, model)
    if values.name != name:
        raise InputError(f"{path}: name: {name} is needed, found {values.name!r}")
    return values
