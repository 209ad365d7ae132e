"""The entries of a sweep's lists: networks, pruners, machines, matrices, filters; by name or as objects of Python."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.formats import Format
from sparsesim.hardware import EnergyTable, Machine
from sparsesim.hardware.scaling import Resource
from sparsesim.networks import Layout, Network
from sparsesim.places import shown
from sparsesim.pruning import Pruner
from sparsesim.quantities import Fraction, Index, NotNegative, Number, Sparsity
from sparsesim.studies.sweeps.axis import AS_PUBLISHED, OneOrSeveral, distinct, listed
from sparsesim.studies.sweeps.ranges import values_of
from sparsesim.tensors import DenseMatrix, DrawnMatrix, SparseMatrix
from sparsesim.transforms import Method, as_method, method_by_name
from sparsesim.yaml_file import Description

MOST: Final = 2**31 - 1
"""Of everything that is counted in a sweep: samples, tokens, rows, columns."""
_NAME, _FIELDS = "a name", "a name and fields"
Positive = Annotated[int, Field(gt=0, le=MOST), Number]
Natural = Annotated[int, Field(ge=0, le=MOST), Number]


def _checked(what: str, *kinds: type) -> AfterValidator:
    """A validator that passes objects of these types on as they are, and says what is needed for others."""

    def check(value: Any) -> Any:
        if not isinstance(value, kinds):
            told = f"{shown(value)}: " if isinstance(value, int | float) else ""
            raise ValueError(f"{told}{what} is needed, found {type(value).__name__}")
        return value

    return AfterValidator(check)


NetworkGiven = Annotated[Any, _checked("a name, a path or a Network", str, Path, Network)]
MachineGiven = Annotated[Any, _checked("a name, a path or a Machine", str, Path, Machine)]
MatrixGiven = Annotated[Any, _checked("a name, a path or a matrix", str, Path, SparseMatrix, DenseMatrix, DrawnMatrix)]
Columns = Positive | Literal["self"]
FormatGiven = Annotated[Any, _checked("a name or a Format", str, Format)]
TableGiven = Annotated[
    Any, _checked("a name, a path, a mapping or an EnergyTable", str, Path, Mapping, EnergyTable, type(None))
]
MethodGiven = Annotated[Any, _checked("a name, a pruner or a method", str, Pruner, Method)]


class NetworkEntry(Description):
    """A network by name or file, and the layers of it to run (a shell pattern such as "fc*").

    `activations` is a file of arrays with the real inputs of layers by name, as `sparsesim evaluate --activations`
    writes it; machines multiply them. `calibration` is such a file for methods that choose weights by what layers
    read; by default it is that of the activations. The other fields are the options of `load_network`, for files
    that do not say everything themselves. `layers` and `tokens` may be axes.
    """

    name: NetworkGiven
    layers: OneOrSeveral[str] = "*"
    activations: str | None = None
    calibration: str | None = None
    input_shape: tuple[Positive, ...] | None = None
    sizes: tuple[Positive, Positive] | Mapping[str, tuple[Positive, Positive]] | None = None
    strides: Mapping[str, Positive] | None = None
    groups: Mapping[str, Positive] | None = None
    paddings: Mapping[str, Natural] | None = None
    layout: Layout | None = None
    stacked: bool | None = None
    tokens: OneOrSeveral[Positive] | None = None
    seed: Index | None = None
    architecture: str | None = None
    variant: str | None = None

    def options(self) -> dict[str, Any]:
        """What `load_network` takes besides the name."""
        return self.model_dump(exclude={"name", "layers", "activations", "calibration"})

    @property
    def text(self) -> str:
        """How the user wrote its name; that of the object where there is one."""
        return self.name.name if isinstance(self.name, Network) else str(self.name)


class PrunerEntry(Description):
    """A pruner or another method by name, at one or more sparsities; what fixes the sparsity (none, 2:4) takes none.

    The other fields are options of `method_by_name`. In Python `name` may be a method or pruner itself.
    """

    name: MethodGiven
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
        if not isinstance(self.name, str):
            if self.sparsity or any(amount is not None for amount in amounts.values()):
                raise InputError("a pruner that is made in Python has its options already")
            return [as_method(self.name)]
        return [method_by_name(self.name, sparsity, **amounts) for sparsity in self.sparsity or (None,)]


class MachineEntry(Description):
    """A machine by name or file, and fields of it by their paths, each with the values that it takes.

    See `sparsesim.hardware.with_fields`; the combinations of all values are machines of their own.
    """

    name: MachineGiven
    set: Mapping[str, tuple[Any, ...]] = Field(default_factory=dict)


class MatrixEntry(Description):
    """Matrices by name, file, folder, archive or pattern, and how many columns the dense operand has.

    "self" as columns stands for A x A. `columns` may be an axis.
    """

    name: MatrixGiven
    columns: OneOrSeveral[Columns] | None = None


class Filter(Description):
    """Combinations by the values of axes; `why` says what is wrong with them."""

    why: str = ""
    fields: Mapping[str, Any]

    @property
    def reason(self) -> str:
        """Why, or else the combination in words."""
        return self.why or ", ".join(f"{name} {wanted}" for name, wanted in self.fields.items())


def _named(value: Any) -> Any:
    is_entry = isinstance(value, Mapping | NetworkEntry | PrunerEntry | MatrixEntry)
    return value if is_entry else {"name": value}


def _with_sparsities(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("sparsity"), int | float | Mapping):
        return {**value, "sparsity": values_of(value["sparsity"])}
    return _named(value)


def _with_values(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("set"), Mapping):
        return {**value, "set": {path: _values(path, given) for path, given in value["set"].items()}}
    return value


def _values(path: Any, given: Any) -> tuple[Any, ...]:
    try:
        return distinct(values_of(given))
    except TypeError:
        raise InputError(f"set.{path}: {shown(given)}: must be values, each a number or text") from None
    except ValueError as error:
        raise InputError(f"set.{path}: {error}") from error


def _filter(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    fields = {str(name): wanted for name, wanted in value.items() if name != "why"}
    if not fields:
        raise ValueError("at least one axis is needed, such as format: nm-*")
    for name, wanted in fields.items():
        if (not wanted and wanted != 0) or not all(isinstance(each, str | int | float) for each in _all(wanted)):
            raise ValueError(f"{name}: {shown(wanted)}: must be a value, a pattern, a comparison, or a list of these")
    return {"fields": fields} | ({"why": value["why"]} if "why" in value else {})


def _all(wanted: Any) -> tuple[Any, ...]:
    return tuple(wanted) if isinstance(wanted, list | tuple) else listed(wanted)


def _one_as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _machine_kind(value: Any) -> str:
    return _FIELDS if isinstance(value, Mapping | MachineEntry) else _NAME


def _resource(value: Any) -> Any:
    """As published, or a resource and what has as much of it."""
    if value == AS_PUBLISHED:
        return value
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ValueError(
            f"{shown(value)}: must be {AS_PUBLISHED}, or a resource and a machine or amount, such as "
            "{macs_per_cycle: a100-pcie}"
        )
    ((resource, target),) = value.items()
    if resource not in get_args(Resource):
        raise UnknownNameError("resource", str(resource), get_args(Resource))
    if isinstance(target, bool) or not isinstance(target, str | int | float | Path | Machine):
        raise ValueError(f"{resource}: {shown(target)}: must be a machine or an amount")
    return value


Several = BeforeValidator(_one_as_list)
"""Of a list: one entry stands for a list of it."""
Networks = Annotated[tuple[Annotated[NetworkEntry, BeforeValidator(_named)], ...], Several]
Pruners = Annotated[tuple[Annotated[PrunerEntry, BeforeValidator(_with_sparsities)], ...], Several]
Machines = Annotated[
    tuple[
        Annotated[
            Annotated[MachineGiven, Tag(_NAME)] | Annotated[MachineEntry, BeforeValidator(_with_values), Tag(_FIELDS)],
            Discriminator(_machine_kind),
        ],
        ...,
    ],
    Several,
    Field(min_length=1),
]
Matrices = Annotated[tuple[Annotated[MatrixEntry, BeforeValidator(_named)], ...], Several]
Tables = Annotated[tuple[TableGiven, ...], Several, Field(min_length=1)]
Equal = Annotated[tuple[Annotated[Any, AfterValidator(_resource)], ...], Several, Field(min_length=1)]
"""How machines are scaled, each to one resource."""
Formats = Annotated[tuple[FormatGiven, ...], Several, Field(min_length=1)]
Filters = Annotated[tuple[Annotated[Filter, BeforeValidator(_filter)], ...], Several]
