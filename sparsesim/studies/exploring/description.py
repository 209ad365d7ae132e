"""`Exploration`: what a `workloads/explore/*.yaml` file says, validated."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, field_validator, model_validator

from sparsesim.errors import FaultsError, InputError
from sparsesim.faults import place_of
from sparsesim.inference.samples import SAMPLE_LAYOUTS
from sparsesim.quantities import Figure, Index, Number, Positive
from sparsesim.shipped import shipped_file
from sparsesim.studies.exploring.goals import METRICS, Bound, Direction, bound
from sparsesim.studies.sweeps.entries import NetworkEntry
from sparsesim.studies.sweeps.sweep import Place
from sparsesim.yaml_file import Description, Given, load_description, origin_of

MOST_TRIALS: Final = 100_000
MOST_VALUES: Final = 1000
"""Of one axis of a search."""


def _listed(value: Any) -> Any:
    """One thing as a list of one."""
    return [value] if isinstance(value, str | Mapping) else value


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _fraction(value: Any) -> Any:
    """1/255 as a number, which YAML reads as text."""
    if not isinstance(value, str):
        return value
    above, slash, below = value.partition("/")
    try:
        return float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError("a number is needed, such as 0.5 or 1/255") from error


class SamplesEntry(Description):
    """Labelled samples to measure accuracies on: a shipped set, or a file of arrays and how samples stand there.

    One of `held_out` samples of every class is kept from the search, starting with number `first`. The accuracies of
    what was found are measured on these again, because those of the search flatter what it chose.
    """

    file: str
    images: str = "images"
    labels: str = "labels"
    layout: str = "nchw"
    scale: Annotated[Positive, BeforeValidator(_fraction)] = 1.0
    mean: tuple[Figure, ...] = ()
    std: tuple[Positive, ...] = ()
    held_out: Annotated[int, Field(ge=2, le=1000), Number] = 2
    first: Index = 0

    @field_validator("layout")
    @classmethod
    def _is_a_layout(cls, value: str) -> str:
        if value not in SAMPLE_LAYOUTS:
            raise ValueError(f"must be one of {', '.join(SAMPLE_LAYOUTS)}")
        return value


class PlanEntry(Description):
    """A search for what is pruned where: the sparsity of every layer, and the format that it is stored in.

    Attributes:
        layers: shell pattern of the layers; the others stay as they are.
        pruner: name of a pruner that takes a sparsity and keeps shapes.
        criterion: how groups are scored, where not by the pruner's own.
        sparsity: a list or range of values that a layer may have.
        choose: of the formats of a layer, the one that is taken: the fastest, the thriftiest, or what the search finds.
    """

    layers: str = "*"
    pruner: str = "magnitude"
    criterion: str | None = None
    sparsity: Any
    choose: Literal["fastest", "thriftiest", "searched"] = "fastest"


class SearchEntry(Description):
    """What may change: fields of the machine by their path, each a list or range, and the pruning of every layer."""

    machine: Mapping[str, Any] = Field(default_factory=dict)
    plan: PlanEntry | None = None

    @model_validator(mode="after")
    def _is_something(self) -> Self:
        if not self.machine and self.plan is None:
            raise ValueError("nothing to search: give machine, plan or both")
        return self


class SamplerEntry(Description):
    """How the search goes on; by default TPE for one objective, and NSGA-II with its population for several."""

    kind: Literal["auto", "tpe", "nsga2"] = "auto"
    seed: Index = 0
    population: Annotated[int, Field(ge=4, le=1000), Number] = 24


class Exploration(Description):
    """A search: what is evaluated, what may change, what for, under which constraints, and for how many trials.

    A product is stored in the fastest of the `formats` that the machine takes. Figures are added up over networks and
    matrices; a matrix is multiplied by itself. Without an `energy_table` the machine has its own prices.
    """

    name: str = Field(pattern=r"^[\w.-]+$")
    description: str = ""
    networks: Annotated[tuple[Annotated[NetworkEntry, BeforeValidator(_named)], ...], BeforeValidator(_listed)] = ()
    matrices: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    formats: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(min_length=1)
    pruner: str = "none"
    machine: str
    batch: Annotated[int, Field(ge=1, le=2**31 - 1), Number] = 1
    dtype: str | None = None
    energy_table: str = ""
    engine: Literal["fast", "event", "lower-bound", "upper-bound"] = "fast"
    samples: (
        Annotated[SamplesEntry, BeforeValidator(lambda value: {"file": value} if isinstance(value, str) else value)]
        | None
    ) = None
    search: SearchEntry
    objectives: Mapping[str, Direction] = Field(min_length=1)
    constraints: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    sampler: SamplerEntry = Field(default_factory=SamplerEntry)
    trials: Annotated[int, Field(ge=1, le=MOST_TRIALS), Number] = 200
    _place: Place = PrivateAttr(default=partial(place_of, {}))

    @field_validator("objectives", mode="before")
    @classmethod
    def _in_their_own_direction(cls, value: Any) -> Any:
        """A name or a list of names, each the better way."""
        if isinstance(value, str):
            value = [value]
        if isinstance(value, list | tuple):
            value = {name: METRICS[name].better if name in METRICS else "minimise" for name in value}
        for name in value if isinstance(value, Mapping) else ():
            if name not in METRICS:
                raise ValueError(f"{name}: there is no such metric; choose from {', '.join(METRICS)}")
        return value

    @field_validator("constraints")
    @classmethod
    def _can_be_read(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            bound(text)
        return value

    @model_validator(mode="after")
    def _has_something_to_evaluate(self) -> Self:
        if bool(self.networks) == bool(self.matrices):
            raise ValueError("networks: either networks or matrices are needed")
        return self

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """The constraints, read."""
        return tuple(map(bound, self.constraints))

    @property
    def asked(self) -> set[str]:
        """The metrics that objectives and constraints name."""
        return {*self.objectives, *(each.metric for each in self.bounds)}

    def changed(self, **fields: Any) -> Self:
        """A copy with other values of fields, which are valid."""
        found = self.model_copy(update=fields)
        found._place = self._place
        return found

    @contextmanager
    def at(self, *location: str | int) -> Iterator[None]:
        """Prefix every InputError with the place of a field, given by the steps to it; none for the whole."""
        try:
            yield
        except InputError as error:
            faults = error.faults if isinstance(error, FaultsError) else (str(error),)
            place = self._place(location)
            raise FaultsError(": ".join(filter(None, [place, fault])) for fault in faults) from error


def load_exploration(given: Given | Exploration) -> Exploration:
    """An exploration from a YAML file, a shipped one by name, or one in a mapping with the fields of such a file.

    Raises InputError naming file, field and fault, UnknownNameError for a name that is not shipped.
    """
    if isinstance(given, Exploration):
        return given
    origin = origin_of(given, _shipped)
    found = load_description(origin, Exploration)
    found._place = partial(place_of, origin)
    return found


def _shipped(name: str) -> Path:
    return shipped_file("exploration", name, FOLDER, ".yaml")


FOLDER: Final = "workloads/explore"
"""Where shipped ones are."""
