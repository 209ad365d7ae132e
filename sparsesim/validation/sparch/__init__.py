"""SpArch (Zhang, Wang, Han, Dally, HPCA 2020): its prototype's counts, its headline means, its area."""

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.errors import InputError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.validation.matrices import VARIABLE, MatrixFolder
from sparsesim.validation.reference import Reference, Watch
from sparsesim.validation.row import Row
from sparsesim.validation.sparch import studies
from sparsesim.validation.sparch.area import area_rows
from sparsesim.validation.sparch.description import Published, load_published
from sparsesim.validation.sparch.golden import golden_rows
from sparsesim.validation.sparch.headline import (
    ALL_SQUARE,
    EXACT,
    WITH_RECONSTRUCTED,
    ablation_rows,
    headline_rows,
    matrix_groups,
)
from sparsesim.validation.sparch.notes import notes_on
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

    def __init__(self, data: Path, watch: Watch) -> None:
        self.published = load_published()
        folder = MatrixFolder(data)
        wanted = {*self.published.matrices.groups, *self.published.matrices.reconstructed.values()}
        if not wanted & folder.paths.keys():
            raise InputError(f"{folder.describe_absence()}; {_where_from(self.published)}")
        machine, table = load_machine(self.published.machine), load_energy_table(self.published.energy_table)
        self.runs = SquareRuns(folder, machine, table, self.published.format, self.published.dtype, watch)

    @cached_property
    def groups(self) -> dict[str, list[str]]:
        """The matrices that each mean runs over; InputError if the paper's matrices at hand cannot be multiplied."""
        groups = matrix_groups(self.published, self.runs)
        if not groups.keys() & {EXACT, WITH_RECONSTRUCTED}:
            raise InputError(f"{self.runs.folder.root}: the wanted matrices here are not square, or A x A is empty")
        return groups

    def rows(self) -> list[Row]:
        """Golden counts, headline means, ablations and area."""
        unit = self.runs.machine.accelerator
        assert isinstance(unit, CondensedOuterProduct)
        groups = self.groups
        return [
            *golden_rows(self.published, self.runs),
            *headline_rows(self.published, self.runs, groups),
            *ablation_rows(self.published, self.runs, groups),
            *area_rows(self.published, unit),
        ]

    def notes(self) -> list[str]:
        """What the groups hold, what is missing, and what the GFLOP/s consist of."""
        return list(notes_on(self.published, self.runs, self.groups))

    def cases(self) -> list[dict[str, Any]]:
        """Every square matrix at hand; the geometric means are among the rows."""
        names = self.groups.get(ALL_SQUARE) or self.groups.get(WITH_RECONSTRUCTED) or self.groups[EXACT]
        shown = ("matrix", "in_paper", "multiplies", "cycles", "bottleneck", *CASE_FIGURES)
        table = studies.matrix_table(self.published, self.runs, names)
        return [{key: record[key] for key in shown} for record in table]

    def write(self, folder: Path, long: bool) -> list[Path]:
        """Tables of all matrices, sweeps, ablations and simulation time, with their pictures."""
        from sparsesim.report import validation as report

        means = {line.figure: line.published for line in self.published.headline}
        draw: dict[str, Callable[[pd.DataFrame, Path], Path]] = {
            "matrices": partial(report.plot_matrices, published=means),
            "sweeps": report.plot_sweeps,
            "ablation": report.plot_ablation,
            "simulation-time": report.plot_simulation_time,
        }
        written = []
        for name, records in self._studies(long).items():
            table, path = pd.DataFrame(records), folder / f"sparch-{name}.csv"
            table.to_csv(path, index=False)
            written += [path, draw[name](table, path.with_suffix(".png"))]
        return written

    def _studies(self, long: bool) -> dict[str, list[studies.Record]]:
        """Sweeps run over the golden matrices, or over the paper's where none is there."""
        groups = self.groups
        paper = groups.get(WITH_RECONSTRUCTED) or groups[EXACT]
        golden = [name for name in self.published.golden.matrices if name in paper]
        everything = groups.get(ALL_SQUARE, paper)
        return {
            "matrices": studies.matrix_table(self.published, self.runs, everything),
            "sweeps": studies.sweep_table(self.published, self.runs, golden or paper),
            "ablation": studies.ablation_table(self.published, self.runs, paper),
            "simulation-time": studies.simulation_time_table(self.runs, everything, long),
        }


def _where_from(published: Published) -> str:
    """Which matrices are wanted, and where they come from."""
    names = ", ".join(f"{group}/{name}" for name, group in published.matrices.groups.items())
    return (
        f"wanted: one or more of {names}, as NAME.mtx or NAME.mtx.gz in a folder named by --data or {VARIABLE}; they "
        "come from the SuiteSparse Matrix Collection, https://sparse.tamu.edu (facebook: https://snap.stanford.edu)"
    )
