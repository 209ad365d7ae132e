"""Names that a shell completes: functions from what is typed so far to the names that begin with it.

What loads much is imported where a name of that kind is asked for.
"""

from collections.abc import Callable, Iterable
from typing import Final

import typer

from sparsesim.shipped import shipped_names

_IN_FULL: Final = {"nm-pairs-N:M": "nm-pairs-4:8", "N:M": "2:4"}
"""Placeholders in the names of pruners for which there is an obvious choice; names end before any other."""


def machines(incomplete: str) -> list[str]:
    """Shipped machines."""
    return _beginning(shipped_names("models/hardware", ".yaml"), incomplete)


def networks(incomplete: str) -> list[str]:
    """Shipped networks."""
    return _beginning(shipped_names("models/networks", ".yaml"), incomplete)


def energy_tables(incomplete: str) -> list[str]:
    """Shipped energy tables."""
    return _beginning(shipped_names("models/energy", ".yaml"), incomplete)


def prices(incomplete: str) -> list[str]:
    """Shipped energy tables, and "own"."""
    from sparsesim.hardware import OWN

    return [*energy_tables(incomplete), *_beginning([OWN], incomplete)]


def workloads(incomplete: str) -> list[str]:
    """Shipped sweeps."""
    return _beginning(shipped_names("workloads", ".yaml"), incomplete)


def explorations(incomplete: str) -> list[str]:
    """Shipped searches."""
    return _beginning(shipped_names("workloads/explore", ".yaml"), incomplete)


def formats(incomplete: str) -> list[str]:
    """Storage formats, those with sizes in one of them."""
    from sparsesim.formats import FORMATS

    return _beginning((format().name for format, _ in FORMATS.values()), incomplete)


def pruners(incomplete: str) -> list[str]:
    """Pruners and other methods."""
    from sparsesim.transforms import METHODS

    forms = (form for method in METHODS.values() for form in method.forms)
    return _beginning(("2:4", *map(_typed, forms)), incomplete)


def references(incomplete: str) -> list[str]:
    """What `sparsesim validate` compares with."""
    from sparsesim.validation import REFERENCES

    return _beginning(REFERENCES, incomplete)


def dtypes(incomplete: str) -> list[str]:
    """Number types."""
    from sparsesim.dtypes import DTYPES

    return _beginning(DTYPES, incomplete)


def one_of(*names: str) -> Callable[[str], list[str]]:
    """A few names that do not change."""
    return lambda incomplete: _beginning(names, incomplete)


def members(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the family that was typed before."""
    family = str(ctx.params.get("family") or "").removesuffix("s")
    return FAMILIES[family](incomplete) if family in FAMILIES else []


FAMILIES: Final = {
    "machine": machines,
    "network": networks,
    "energy-table": energy_tables,
    "format": formats,
    "pruner": pruners,
}


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _typed(form: str) -> str:
    """As much of a name as can be typed for the user."""
    for placeholder, value in _IN_FULL.items():
        if form.endswith(placeholder) and not form.endswith(f":{placeholder}"):
            form = form.replace(placeholder, value)
    upper = next((place for place, letter in enumerate(form) if letter.isupper()), len(form))
    return form[:upper]
