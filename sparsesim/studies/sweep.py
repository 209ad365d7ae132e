"""`Sweep`: what a `workloads/*.yaml` file says, validated; `resolved` makes the grid of points that it stands for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import AliasChoices, BeforeValidator, Field, PrivateAttr

from sparsesim.errors import FaultsError, InputError
from sparsesim.faults import place_of
from sparsesim.hardware import OnViolation
from sparsesim.networks import Layout
from sparsesim.quantities import Fraction, Index, NotNegative, Number, Sparsity
from sparsesim.shipped import shipped_file
from sparsesim.transforms import Method, method_by_name
from sparsesim.yaml_file import Description, Given, load_description, origin_of

MOST: Final = 2**31 - 1
"""Of everything that is counted in a sweep: samples, tokens, rows, columns."""
Positive = Annotated[int, Field(gt=0, le=MOST), Number]
Natural = Annotated[int, Field(ge=0, le=MOST), Number]

Place: TypeAlias = Callable[[Sequence[str | int]], str]
"""Where a field of a sweep stands, in words, from the steps to it."""


@dataclass(frozen=True)
class _Told:
    """Where a sweep was read; sweeps that say the same are equal wherever that was."""

    place: Place = field(default=partial(place_of, {}), compare=False)


class NetworkEntry(Description):
    """A network by name or file, and the layers of it to run (a shell pattern such as "fc*").

    `activations` is a file of arrays with the real inputs of layers by name, as `sparsesim evaluate --activations`
    writes it; machines multiply them. `calibration` is such a file for methods that choose weights by what layers
    read; by default it is that of the activations. The other fields are the options of `load_network`, for files
    that do not say everything themselves.
    """

    name: str
    layers: str = "*"
    activations: str | None = None
    calibration: str | None = None
    input_shape: tuple[Positive, ...] | None = None
    sizes: tuple[Positive, Positive] | Mapping[str, tuple[Positive, Positive]] | None = None
    strides: Mapping[str, Positive] | None = None
    groups: Mapping[str, Positive] | None = None
    paddings: Mapping[str, Natural] | None = None
    layout: Layout | None = None
    stacked: bool | None = None
    tokens: Positive | None = None
    seed: Index | None = None
    architecture: str | None = None
    variant: str | None = None

    def options(self) -> dict[str, Any]:
        """What `load_network` takes besides the name."""
        return self.model_dump(exclude={"name", "layers", "activations", "calibration"})


class PrunerEntry(Description):
    """A pruner or another method by name, at one or more sparsities; what fixes the sparsity (none, 2:4) takes none.

    The other fields are options of `method_by_name`.
    """

    name: str
    sparsity: tuple[Sparsity, ...] = ()
    threshold: NotNegative | None = None
    s: NotNegative | None = None
    criterion: str | None = None
    round_to: Positive | None = None
    rank: Positive | None = None
    energy: Fraction | None = None

    def methods(self) -> list[Method]:
        """One method per sparsity. Raises InputError."""
        amounts = self.model_dump(exclude={"name", "sparsity"})
        return [method_by_name(self.name, sparsity, **amounts) for sparsity in self.sparsity or (None,)]


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("sparsity"), int | float):
        return {**value, "sparsity": [value["sparsity"]]}
    return _named(value)


class Sweep(Description):
    """A grid: networks x pruners x sparsities x formats x machines.

    Without a `dtype` weights are fp16, or what a method stores them in; `value_type` is its name in older files.
    Without an `energy_table` one machine has its own prices and several have those of one table, see `common_table`.
    """

    name: str = Field(pattern=r"^[\w.-]+$")
    description: str = ""
    networks: tuple[Annotated[NetworkEntry, BeforeValidator(_named)], ...] = Field(min_length=1)
    pruners: tuple[Annotated[PrunerEntry, BeforeValidator(_listed)], ...] = Field(min_length=1)
    formats: tuple[str, ...] = Field(min_length=1)
    machines: tuple[str, ...] = Field(min_length=1)
    batch: Positive = 1
    dtype: str | None = Field(default=None, validation_alias=AliasChoices("dtype", "value_type"))
    activation_density: Fraction | Literal["published"] = 1.0
    activation_format: str = "dense"
    energy_table: str = ""
    engine: Literal["fast", "event", "lower-bound", "upper-bound"] = "fast"
    on_violation: OnViolation = "unpack"
    baseline: Mapping[str, str | NotNegative] = Field(default_factory=dict)
    _told: _Told = PrivateAttr(default=_Told())

    def located(self, place: Place) -> Self:
        """The sweep where `place` says, in errors, where a field stands."""
        self._told = _Told(place)
        return self

    @contextmanager
    def at(self, *location: str | int) -> Iterator[None]:
        """Prefix every InputError with the place of a field, given by the steps to it; none for the whole."""
        try:
            yield
        except FaultsError as error:
            place = self._told.place(location)
            raise FaultsError(": ".join(filter(None, [place, fault])) for fault in error.faults) from error
        except InputError as error:
            # The class stays: callers tell an unknown name from other faults.
            error.args = (": ".join(filter(None, [self._told.place(location), str(error)])),)
            raise


def load_sweep(given: Given | Sweep) -> Sweep:
    """A sweep from a YAML file, a shipped one by name, or one in a mapping with the fields of such a file.

    A Sweep is returned as it is. What it names is looked up by `resolved` and `run_sweep`. Raises InputError naming
    file, field and fault, UnknownNameError for a name that is not shipped.

    >>> import sparsesim as ss
    >>> sweep = ss.load_sweep("quickstart")
    >>> len(sweep.networks), sweep.formats[0]
    (2, 'dense')
    >>> grid = {"name": "tiny", "networks": ["digits-cnn"], "pruners": ["2:4"], "formats": ["dense", "nm-2:4"]}
    >>> ss.load_sweep(grid | {"machines": ["a100-pcie"]}).machines
    ('a100-pcie',)
    >>> ss.load_sweep(grid)
    Traceback (most recent call last):
    sparsesim.errors.FaultsError: machines: this field is required
    """
    if isinstance(given, Sweep):
        return given
    origin = origin_of(given, _shipped)
    return load_description(origin, Sweep).located(partial(place_of, origin))


def _shipped(name: str) -> Path:
    return shipped_file("workload", name, "workloads", ".yaml")
