"""Sparseloop's tensor cores (MICRO 2022, Fig. 15): cycles and energy of four layers, dense and 2:4."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from sparsesim.formats import Nm, format_by_name
from sparsesim.hardware import Machine, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.quantities import Figure, WholeFigure
from sparsesim.results import Result
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, Tensor
from sparsesim.tensors.generators import drawn_nm
from sparsesim.validation.notes import Figures
from sparsesim.validation.published import PublishedValues, load_published
from sparsesim.validation.reference import Progress, Reference
from sparsesim.validation.row import Row
from sparsesim.yaml_file import Description

ENGINE = "lower-bound"
"""Sparseloop's own notion of time: the busiest level decides, and pipelines neither fill nor drain."""

REPORTED = ("dram", "sram", "register", "mac", "total")
"""Components of the energy in the cases; the cores have no merge logic, and their idle power is not published."""


class Shape(Description):
    """C[m,n] = A[m,k] @ B[k,n]."""

    m: WholeFigure
    k: WholeFigure
    n: WholeFigure


class Design(Description):
    """A core, and the format in which it gets the weights."""

    machine: str
    format: str


class PrintedFigures(Description):
    """What the artifact prints for one layer."""

    cycles: WholeFigure
    energy_uj: Figure


class Layer(Description):
    """One layer and its figures by design."""

    shape: Shape
    designs: Mapping[str, PrintedFigures]


class ArtifactOutputs(PublishedValues):
    """Everything that is compared."""

    source: str
    dtype: str
    designs: Mapping[str, Design]
    layers: tuple[Layer, ...]


class Case(NamedTuple):
    """A layer on a design: what the artifact prints, and our run of it with its machine."""

    label: str
    published: PrintedFigures
    machine: Machine
    result: Result

    @property
    def energy_uj(self) -> float:
        """Energy at the prices of the artifact."""
        return self.result.energy_pj["total"] / 1e6

    @property
    def metadata_uj(self) -> float:
        """Energy of reading the metadata of A from DRAM, which the artifact leaves out."""
        bits = self.result.a_metadata_bits * int(self.result.details["a_passes"])
        entry = self.machine.energy_table.actions["dram_read_bits"]
        return bits * entry.pj / entry.per / 1e6


class Sparseloop(Reference):
    """The machines `sparseloop-tc` and `sparseloop-stc`, each under its own energy table."""

    name: ClassVar[str] = "sparseloop"
    description: ClassVar[str] = "Sparseloop, MICRO 2022: dense and 2:4 tensor core on four layers, cycles and energy"
    needs_data: ClassVar[bool] = False

    def __init__(self, data: Path, progress: Progress) -> None:
        super().__init__(data, progress)
        self.published: ArtifactOutputs = load_published(self.name, ArtifactOutputs)

    @cached_property
    def runs(self) -> list[Case]:
        """Every layer on every design."""
        return [
            self._run(layer.shape, name, figures)
            for layer in self.published.layers
            for name, figures in layer.designs.items()
        ]

    def rows(self) -> list[Row]:
        """Cycles, energy, and for compressed weights the energy without that of metadata in DRAM."""
        return [
            Row(self.name, case.label, metric, published, ours, False, self.published.source)
            for case in self.runs
            for metric, published, ours in _comparisons(case)
        ]

    def note_figures(self) -> Mapping[str, Sequence[Figures]]:
        """The engine that gives the cycles."""
        return {"cycles": [{"engine": ENGINE}]}

    def cases(self) -> list[dict[str, Any]]:
        """Cycles, cuts and energy by component."""
        return [
            {
                "case": case.label,
                "cycles": case.result.cycles,
                **{key: case.result.details[key] for key in ("tile_n", "a_passes", "b_passes")},
                **{f"{name} uJ": round(case.result.energy_pj[name] / 1e6, 2) for name in REPORTED},
            }
            for case in self.runs
        ]

    def _run(self, shape: Shape, name: str, figures: PrintedFigures) -> Case:
        label, design = f"{shape.m} x {shape.k} x {shape.n}, {name}", self.published.designs[name]
        self.progress(label)
        machine, stored = load_machine(design.machine), format_by_name(design.format)
        weights: Tensor = DenseMatrix((shape.m, shape.k))
        if isinstance(stored, Nm):
            weights = drawn_nm(shape.m, shape.k, stored.keep, stored.of, seed=0)
        op = matmul_op(weights, DenseMatrix((shape.k, shape.n)), design.format, self.published.dtype, label)
        return Case(label, figures, machine, simulate(op, machine, machine.energy_table, engine=ENGINE))


def _comparisons(case: Case) -> Iterator[tuple[str, float, float]]:
    """Metric, published and simulated value."""
    yield "cycles", case.published.cycles, case.result.cycles
    yield "energy uJ", case.published.energy_uj, case.energy_uj
    if case.metadata_uj:
        yield "energy uJ, metadata in DRAM free", case.published.energy_uj, case.energy_uj - case.metadata_uj
