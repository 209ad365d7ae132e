"""`Sweep`: what a `workloads/*.yaml` file says, validated, and the grid of points it stands for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.formats import format_by_name
from sparsesim.hardware import DEFAULT_ENERGY_TABLE, EnergyTable, Machine, load_energy_table, load_machine
from sparsesim.lowering import Activations
from sparsesim.networks import Layout, Network, load_network, read_arrays
from sparsesim.pruning import Pruner
from sparsesim.results import POINT
from sparsesim.shipped import shipped_file
from sparsesim.transforms import pruner_of
from sparsesim.yaml_file import is_path, load_description


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkEntry(_Described):
    """A network by name or file, and the layers of it to run (a shell pattern such as "fc*").

    `activations` is a file of arrays with the real inputs of layers by name, as `sparsesim evaluate --activations`
    writes it. The other fields are the options of `load_network`, for files that do not say everything themselves.
    """

    name: str
    layers: str = "*"
    activations: str | None = None
    input_shape: tuple[int, ...] | None = None
    sizes: tuple[int, int] | Mapping[str, tuple[int, int]] | None = None
    strides: Mapping[str, int] | None = None
    groups: Mapping[str, int] | None = None
    paddings: Mapping[str, int] | None = None
    layout: Layout | None = None
    stacked: bool | None = None
    tokens: int | None = None
    seed: int | None = None
    architecture: str | None = None
    variant: str | None = None

    def load(self) -> Network:
        """The network, cut down to the chosen layers."""
        network = load_network(self.name, **self.model_dump(exclude={"name", "layers", "activations"}))
        return network if self.layers == "*" else network.select(self.layers)

    def maps(self) -> dict[str, Any] | None:
        """Real inputs of the chosen layers; InputError where the file holds none of them."""
        if self.activations is None:
            return None
        names = {layer.name for layer in self.load().layers}
        found = {name: array for name, array in read_arrays(Path(self.activations)).items() if name in names}
        if not found:
            raise InputError(f"{self.activations}: it holds the input of no layer of {self.name}")
        return found


class PrunerEntry(_Described):
    """A pruner by name, at one or more sparsities; patterns that fix the sparsity (none, 2:4) take none."""

    name: str
    sparsity: tuple[Annotated[float, Field(ge=0, lt=1)], ...] = ()
    threshold: float | None = None
    s: float | None = None
    criterion: str | None = None
    round_to: int | None = None

    def pruners(self, network: Network) -> list[Pruner]:
        """One pruner per sparsity; "published" takes the densities of the network."""
        amounts = self.model_dump(exclude={"name", "sparsity"})
        return [pruner_of(network, self.name, sparsity, **amounts) for sparsity in self.sparsity or (None,)]


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("sparsity"), int | float):
        return {**value, "sparsity": [value["sparsity"]]}
    return _named(value)


class Sweep(_Described):
    """A grid: networks x pruners x sparsities x formats x machines."""

    name: str = Field(pattern=r"^[\w.-]+$")
    description: str = ""
    networks: tuple[Annotated[NetworkEntry, BeforeValidator(_named)], ...] = Field(min_length=1)
    pruners: tuple[Annotated[PrunerEntry, BeforeValidator(_listed)], ...] = Field(min_length=1)
    formats: tuple[str, ...] = Field(min_length=1)
    machines: tuple[str, ...] = Field(min_length=1)
    batch: int = Field(default=1, gt=0)
    dtype: str = "fp16"
    activation_density: Annotated[float, Field(gt=0, le=1)] | Literal["published"] = 1.0
    activation_format: str = "dense"
    energy_table: str = DEFAULT_ENERGY_TABLE
    engine: Literal["fast", "event", "lower-bound", "upper-bound"] = "fast"
    on_violation: Literal["refuse", "dense"] = "refuse"
    baseline: Mapping[str, str | float] = Field(default_factory=dict)

    @property
    def reference(self) -> dict[str, str | float]:
        """The baseline: as described, else the first pruner in the first format on the first machine."""
        first = {"machine": self.load_machines()[0].name, "format": format_by_name(self.formats[0]).name}
        return dict(self.baseline) or {**first, "pruner": self.pruners[0].pruners(self.networks[0].load())[0].name}

    @property
    def reference_in_words(self) -> str:
        """The baseline for titles, such as "machine a100-pcie, pruner none, format dense"."""
        return ", ".join(f"{name} {value}" for name, value in self.reference.items())

    def check_names(self) -> None:
        """Raise for the first name that does not exist or file that cannot be read, before any work is done."""
        for format in self.formats:
            format_by_name(format)
        self.load_machines()
        load_energy_table(self.energy_table)
        dtype_by_name(self.dtype)
        for network in self.networks:
            loaded = network.load()
            self.activations_of(network).check(loaded)
            for entry in self.pruners:
                entry.pruners(loaded)
        self._check_baseline()

    def _check_baseline(self) -> None:
        """The baseline must be a point of the grid."""
        network = self.networks[0].load()
        pruners = {pruner.name for entry in self.pruners for pruner in entry.pruners(network)}
        known: dict[str, set[str]] = {
            "machine": {machine.name for machine in self.load_machines()},
            "format": {format_by_name(format).name for format in self.formats},
            "pruner": pruners,
        }
        for field, value in self.baseline.items():
            if field not in POINT:
                raise UnknownNameError("baseline field", field, POINT)
            if field in known and value not in known[field]:
                raise UnknownNameError(f"baseline {field}", str(value), known[field])

    def activations_of(self, network: NetworkEntry) -> Activations:
        """What the layers of one of the networks read."""
        return Activations(self.activation_density, maps=network.maps(), format=self.activation_format)

    def load_machines(self) -> list[Machine]:
        """The machines, told what to do with a matrix that breaks their pattern."""
        return [load_machine(name).with_on_violation(self.on_violation) for name in self.machines]

    def tasks(self) -> Iterator["Task"]:
        """One task per network, pruner and sparsity: what has to be pruned and lowered only once."""
        machines, table = tuple(self.load_machines()), load_energy_table(self.energy_table)
        for network in self.networks:
            for entry in self.pruners:
                for pruner in entry.pruners(network.load()):
                    yield Task(self, network, pruner, machines, table)

    @property
    def points_per_task(self) -> int:
        """Format and machine combinations of every task."""
        return len(self.formats) * len(self.machines)


@dataclass(frozen=True)
class Task:
    """One pruned network, to be run in every format on every machine of its sweep."""

    sweep: Sweep
    network: NetworkEntry
    pruner: Pruner
    machines: tuple[Machine, ...]
    table: EnergyTable


def load_sweep(name: str | Path) -> Sweep:
    """A sweep from a YAML file, or a shipped one by name."""
    path = Path(name) if is_path(name) else shipped_file("workload", str(name), "workloads", ".yaml")
    sweep = load_description(path, Sweep)
    sweep.check_names()
    return sweep
