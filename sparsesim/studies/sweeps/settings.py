"""The settings of a sweep that all of its networks share: batch, number type, density of inputs, engine."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sparsesim.dtypes import dtype_by_name
from sparsesim.studies.sweeps.axis import listed
from sparsesim.studies.sweeps.sweep import Sweep
from sparsesim.studies.sweeps.zips import Steps

SETTINGS: Final = ("batch", "dtype", "activation_density", "engine")
"""Fields of a sweep that may be axes, by name."""
OF_MATRICES: Final = ("dtype", "engine")
"""Those that products of matrices have."""


class Setting(NamedTuple):
    """One value of every setting.

    Attributes:
        batch, dtype, density, engine: the values.
        axes: those that the sweep varies, by name.
        words: the same for labels.
        steps: where they are on their axes.
    """

    batch: int
    dtype: str | None
    density: Any
    engine: str
    axes: Mapping[str, Any]
    words: tuple[str, ...]
    steps: Steps


def setting_lengths(sweep: Sweep, names: Iterable[str]) -> dict[str, int]:
    """How many values every setting has."""
    return {name: len(listed(getattr(sweep, name))) or 1 for name in names}


def settings(sweep: Sweep, asked: Iterable[Steps]) -> list[Setting]:
    """The settings at all steps; those without a step have their first values.

    Raises UnknownNameError with the place in the sweep for an unknown number type.
    """
    for number, name in enumerate(listed(sweep.dtype)):
        with sweep.at("dtype", *([number] if isinstance(sweep.dtype, tuple) else [])):
            dtype_by_name(name)
    return [_setting(sweep, steps) for steps in asked]


def _setting(sweep: Sweep, steps: Steps) -> Setting:
    given = {name: listed(getattr(sweep, name)) or (None,) for name in SETTINGS}
    chosen = {name: values[steps.get(name, 0)] for name, values in given.items()}
    axes = {name: chosen[name] for name in steps if len(given[name]) > 1}
    words = tuple(_in_words(name, value) for name, value in axes.items())
    batch, dtype, density, engine = chosen.values()
    return Setting(batch, dtype, density, engine, axes, words, steps)


def _in_words(name: str, value: Any) -> str:
    if name == "batch":
        return f"batch {value}"
    if name == "activation_density":
        return f"{value} density" if isinstance(value, str) else f"density {value:g}"
    return str(value)
