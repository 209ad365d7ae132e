"""`Sweep`: what a `workloads/*.yaml` file says, validated; `resolved` makes the grid of points that it stands for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from pydantic import AliasChoices, Field, PrivateAttr, ValidationError

from sparsesim.errors import FaultsError, InputError
from sparsesim.faults import faults_of, place_of
from sparsesim.hardware import OnViolation
from sparsesim.quantities import Fraction, NotNegative
from sparsesim.shipped import shipped_file
from sparsesim.studies.sweeps.axis import AS_PUBLISHED, OneOrSeveral
from sparsesim.studies.sweeps.entries import (
    Columns,
    Equal,
    Filters,
    Formats,
    Machines,
    Matrices,
    Networks,
    Positive,
    Pruners,
    Tables,
)
from sparsesim.studies.sweeps.pictures import Pictures
from sparsesim.yaml_file import Description, Given, load_description, origin_of

Place: TypeAlias = Callable[[Sequence[str | int]], str]
"""Where a field of a sweep stands, in words, from the steps to it."""


@dataclass(frozen=True)
class _Told:
    """Where a sweep was read; sweeps that say the same are equal wherever that was."""

    place: Place = field(default=partial(place_of, {}), compare=False)


class _Called(type(Description)):  # type: ignore[misc]
    """Makes faults of a call in Python one line each, as those of files are."""

    def __call__(cls, **fields: Any) -> Any:
        try:
            return super().__call__(**fields)
        except ValidationError as error:
            raise FaultsError(faults_of(error, cls, fields)) from error


class Sweep(Description, metaclass=_Called):
    """A grid: networks x settings x pruners x sparsities x formats x machines x energy tables, and matrices likewise.

    Fields may be given in YAML, as mappings, or in Python with objects (Network, Machine, Method, Format, EnergyTable,
    matrices) where names stand in files. Wherever several values may stand, one may stand alone, and numbers may be
    ranges: `{linear: [0.5, 0.9, 5]}` or `{log2: [1, 64]}`.

    Attributes:
        name: of the files that it writes.
        networks: by name or file; entries with more fields as `NetworkEntry`.
        pruners: by name; entries with more fields as `PrunerEntry`. They apply to networks.
        matrices: by name, file, folder, archive or pattern, each matrix a point of its own; see `MatrixEntry`.
        columns: of the dense operand of matrices whose entries say nothing; "self" for A x A.
        formats: of the weights, or of the matrices.
        machines: by name or file, `{name: NAME, set: {PATH: VALUES}}` for all combinations of fields.
        equal: resources that machines are scaled to: "as-published", or one of `macs_per_cycle`, `bandwidth` and `area`
            with a machine or an amount (see `sparsesim.hardware.scaled_to`).
        batch: samples at a time.
        tokens: of all networks whose entries say nothing, see `load_network`.
        dtype: number type; by default fp16, or what a method stores weights in. `value_type` in older files.
        activation_density: share of inputs that is not zero, or "published".
        activation_format: how inputs with zeros are stored.
        energy_table: prices, several of them for the same simulation; "own" for each machine's own. By default one
            machine has its own and several have those of one table, see `common_table`.
        engine: of the simulation.
        on_violation: what happens to weights that no kernel takes.
        baseline: columns of the point that others are compared with.
        zip: lists of axes that go together, one value of each at a time.
        skip: combinations that are left out: axes with a value, a shell pattern, a comparison such as ">16", or a list
            of these, and `why`.
        only: combinations that are kept, of which a point must be one.
        pictures: what `sparsesim run` draws: energy, speedup, time-shares, roofline, or curves of a figure over an axis
            as `{curves: {over: batch, of: speedup, series: format, panels: machine}}`; by default what suits the axes.

    Axes are named as these fields are, those of machines by their paths. What differs between points stands in columns
    `axis_NAME` of tables, and in the labels of networks and machines. docs/sweeps.md shows each of them.

    Raises FaultsError with a line for every field of a wrong type or value; what it names is looked up by `run_sweep`.

    >>> import sparsesim as ss
    >>> from sparsesim.studies import resolved
    >>> sweep = ss.Sweep(
    ...     name="bandwidth", networks="digits-cnn", pruners="2:4", formats=["dense", "nm-2:4"], batch=[1, 16],
    ...     machines={"name": "a100-pcie", "set": {"dram.bandwidth_bytes_per_s": ["1 TB/s", "2 TB/s"]}},
    ...     skip={"batch": ">1", "format": "nm-*", "why": "only small batches are of interest"},
    ... )
    >>> grid = resolved(sweep)
    >>> grid.points, grid.left_out
    (6, {'only small batches are of interest': 2})
    """

    name: str = Field(pattern=r"^[\w.-]+$")
    description: str = ""
    networks: Networks = ()
    pruners: Pruners = ()
    matrices: Matrices = ()
    columns: OneOrSeveral[Columns] | None = None
    formats: Formats
    machines: Machines
    equal: Equal = (AS_PUBLISHED,)
    batch: OneOrSeveral[Positive] = 1
    tokens: OneOrSeveral[Positive] | None = None
    dtype: OneOrSeveral[str] | None = Field(default=None, validation_alias=AliasChoices("dtype", "value_type"))
    activation_density: OneOrSeveral[Fraction | Literal["published"]] = 1.0
    activation_format: str = "dense"
    energy_table: Tables = ("",)
    engine: OneOrSeveral[Literal["fast", "event", "lower-bound", "upper-bound"]] = "fast"
    on_violation: OnViolation = "unpack"
    baseline: Mapping[str, str | NotNegative] = Field(default_factory=dict)
    zip: tuple[tuple[str, ...], ...] = ()
    skip: Filters = ()
    only: Filters = ()
    pictures: Pictures = ()
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
