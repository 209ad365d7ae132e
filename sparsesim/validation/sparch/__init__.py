"""SpArch (Zhang, Wang, Han, Dally, HPCA 2020): its prototype's counts, its headline means, its area."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

from sparsesim.errors import InputError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.validation.notes import Figures
from sparsesim.validation.published import load_published
from sparsesim.validation.reference import Progress, Reference, Study
from sparsesim.validation.row import Row
from sparsesim.validation.sparch import tables
from sparsesim.validation.sparch.area import area_rows
from sparsesim.validation.sparch.golden import golden_rows
from sparsesim.validation.sparch.headline import (
    ALL_SQUARE,
    EXACT,
    WITH_RECONSTRUCTED,
    ablation_rows,
    headline_rows,
    matrix_groups,
)
from sparsesim.validation.sparch.notes import note_figures
from sparsesim.validation.sparch.published import SparchValues
from sparsesim.validation.sparch.runs import SquareRuns

CASE_FIGURES = (
    "GFLOP/s",
    "bandwidth utilisation",
    "traffic / compulsory",
    "nJ/FLOP compute",
    "nJ/FLOP SRAM",
    "nJ/FLOP DRAM",
    "nJ/FLOP total",
)


class Sparch(Reference):
    """C = A x A on the shipped machine `sparch`, in double precision."""

    name: ClassVar[str] = "sparch"
    description: ClassVar[str] = "SpArch, HPCA 2020: counts of the authors' prototype, headline means, area"

    def __init__(self, data: Path, progress: Progress) -> None:
        super().__init__(data, progress)
        self.published: SparchValues = load_published(self.name, SparchValues)
        matrices, folder = self.published.matrices, self.data.matrices
        if not {*matrices.groups, *matrices.reconstructed.values()} & folder.paths.keys():
            names = ", ".join(f"{group}/{name}" for name, group in matrices.groups.items())
            wanted = f"one or more of {names}, as NAME.mtx or NAME.mtx.gz"
            raise self.data.lacks("wanted matrix", wanted, self.published.origin)
        machine, table = load_machine(self.published.machine), load_energy_table(self.published.energy_table)
        self.runs = SquareRuns(folder, machine, table, self.published.format, self.published.dtype, progress)

    @cached_property
    def groups(self) -> dict[str, list[str]]:
        """The matrices that each mean runs over; InputError if none of the paper's can be squared."""
        groups = matrix_groups(self.published, self.runs)
        if not groups.keys() & {EXACT, WITH_RECONSTRUCTED}:
            raise InputError(f"{self.runs.folder.root}: the wanted matrices here are not square, or A x A is empty")
        return groups

    @property
    def paper_matrices(self) -> list[str]:
        """The paper's matrices that are available, reconstructed ones among them."""
        return self.groups.get(WITH_RECONSTRUCTED) or self.groups[EXACT]

    @property
    def square_matrices(self) -> list[str]:
        """All square matrices that are available."""
        return self.groups.get(ALL_SQUARE, self.paper_matrices)

    def rows(self) -> list[Row]:
        """Golden counts, headline means, ablations and area."""
        return [
            *golden_rows(self.published, self.runs),
            *headline_rows(self.published, self.runs, self.groups),
            *ablation_rows(self.published, self.runs, self.groups),
            *area_rows(self.published, self.runs.machine),
        ]

    def note_figures(self) -> Mapping[str, Sequence[Figures]]:
        """What the groups hold, what is missing, and the factors behind the GFLOP/s."""
        return note_figures(self.published, self.runs, self.groups)

    def cases(self) -> list[dict[str, Any]]:
        """Every square matrix that is available; the geometric means are among the rows."""
        shown = ("matrix", "in_paper", "multiplies", "cycles", "bottleneck", *CASE_FIGURES)
        table = tables.matrix_table(self.published, self.runs, self.square_matrices)
        return [{key: record[key] for key in shown} for record in table]

    def studies(self) -> Iterator[Study]:
        """All matrices, sweeps over the sizes of the unit, ablations and simulation time.

        Sweeps run over the golden matrices, or over the paper's where none of those is there.
        """
        import pandas as pd  # takes long to import; only those who ask for files need it

        from sparsesim.report import validation as report

        published, runs = self.published, self.runs
        paper, everything = self.paper_matrices, self.square_matrices
        golden = [name for name in published.golden.matrices if name in paper]
        means = {line.figure: line.published for line in published.headline}
        draw_matrices = partial(report.plot_matrices, published=means)
        yield Study("matrices", pd.DataFrame(tables.matrix_table(published, runs, everything)), draw_matrices)
        sweeps = tables.sweep_table(runs, golden or paper)
        yield Study("sweeps", pd.DataFrame(sweeps), report.plot_sweeps)
        yield Study("ablation", pd.DataFrame(tables.ablation_table(published, runs, paper)), report.plot_ablation)
        times = tables.simulation_time_table(runs, everything)
        yield Study("simulation-time", pd.DataFrame(times), report.plot_simulation_time)
