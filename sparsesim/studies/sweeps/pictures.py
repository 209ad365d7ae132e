"""The pictures that a sweep asks for: by name, or curves with what is drawn over what."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.hardware.energy import ENERGIES
from sparsesim.places import shown
from sparsesim.results.columns import AXES, ENERGY
from sparsesim.several import several
from sparsesim.studies.sweeps.axis import listed
from sparsesim.yaml_file import Description

if TYPE_CHECKING:
    from sparsesim.studies.sweeps.sweep import Sweep

PLAIN: Final = ("energy", "speedup", "time-shares", "roofline")
"""Pictures without options."""
FIGURES: Final = (
    *("speedup", "energy_ratio", "dynamic_energy_ratio", "seconds", "cycles", "macs", "a_bytes", "density"),
    *map(ENERGY.column, ENERGIES),
)
"""Columns of points that curves may show."""


OF_WORDS: Final = ("network", "pruner", "format", "machine", "dtype", "engine", "equal", "energy_table")
"""Axes whose values are no numbers."""
FEWEST: Final = 2
"""Values of an axis."""


class Picture(Description):
    """One picture: a name of `PLAIN`, or "curves" of the figure `of` over the axis `over`.

    `series` and `panels` are axes or columns that tell curves and panels apart; the rest tells curves apart.
    """

    kind: Literal["energy", "speedup", "time-shares", "roofline", "curves"]
    over: str = ""
    of: str = "speedup"
    series: Annotated[tuple[str, ...], BeforeValidator(several)] = ()
    panels: Annotated[tuple[str, ...], BeforeValidator(several)] = ()

    def options(self) -> dict[str, Any]:
        """What the picture is drawn with."""
        return self.model_dump(exclude={"kind"}) if self.kind == "curves" else {}


def _read(value: Any) -> Any:
    if isinstance(value, Picture):
        return value
    if isinstance(value, str) and value in PLAIN:
        return {"kind": value}
    if isinstance(value, str):
        raise UnknownNameError("picture", value, (*PLAIN, "curves: {over: AXIS}"))
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ValueError(f"{shown(value)}: must be {', '.join(PLAIN)}, or {{curves: {{over: AXIS, of: FIGURE}}}}")
    ((kind, options),) = value.items()
    if kind != "curves":
        raise UnknownNameError("picture", str(kind), ("curves",))
    if not isinstance(options, Mapping) or "over" not in options:
        raise ValueError("curves: the axis that they go over is needed, such as over: batch")
    if options.get("of", "speedup") not in FIGURES:
        raise UnknownNameError("figure", str(options["of"]), FIGURES)
    return {"kind": kind, **options}


Pictures = Annotated[tuple[Annotated[Picture, BeforeValidator(_read)], ...], Field(max_length=20)]


def check_pictures(sweep: "Sweep") -> None:
    """InputError, with its place, for curves over what has fewer than two numbers, and for unknown axes."""
    axes = _axes(sweep)
    for number, picture in enumerate(sweep.pictures):
        named = [("over", picture.over), *(("series", each) for each in picture.series)]
        named += [("panels", each) for each in picture.panels]
        with sweep.at("pictures", number):
            for field, name in named if picture.kind == "curves" else []:
                if (AXES.key(name) or name) not in axes:
                    raise InputError(f"{field}: {UnknownNameError('axis', name, axes)}")
            if picture.over in OF_WORDS:
                raise InputError(f"over: {picture.over}: an axis of numbers is needed, such as batch or sparsity")
            if picture.kind == "curves" and len(axes[AXES.key(picture.over) or picture.over]) < FEWEST:
                raise InputError(f"over: {picture.over}: it has one value, and an axis of a picture two at least")


def _axes(sweep: "Sweep") -> dict[str, set[Any]]:
    """The different values of everything that points may differ in; of a list of things, their places."""
    found: dict[str, set[Any]] = {
        "network": {*range(len(sweep.networks) + len(sweep.matrices))},
        "pruner": {*range(len(sweep.pruners))},
        "sparsity": {sparsity for entry in sweep.pruners for sparsity in entry.sparsity},
        "format": {*range(len(sweep.formats))},
        "machine": {*range(len(sweep.machines))},
    }
    settings = ("batch", "dtype", "activation_density", "engine", "tokens", "columns", "equal", "energy_table")
    several_of = {name: {str(value) for value in listed(getattr(sweep, name))} for name in settings}
    for entry in (*sweep.networks, *sweep.matrices):
        for name in ("layers", "tokens", "columns"):
            several_of.setdefault(name, set()).update(map(str, listed(getattr(entry, name, None))))
    found |= {name: values for name, values in several_of.items() if len(values) >= FEWEST}
    for machine in sweep.machines:
        for path, values in getattr(machine, "set", {}).items():
            found.setdefault(path, set()).update(map(str, values))
    return found
