"""Means over many matrices beside the paper's, and what each part of the unit saves."""

from collections.abc import Iterator

from sparsesim.validation.row import Row
from sparsesim.validation.sparch.figures import FIGURES, mean, moved_bytes
from sparsesim.validation.sparch.published import SparchValues
from sparsesim.validation.sparch.runs import SquareRuns

EXACT, WITH_RECONSTRUCTED, ALL_SQUARE = "exact matrices", "with reconstructed", "all square matrices"


def matrix_groups(published: SparchValues, runs: SquareRuns) -> dict[str, list[str]]:
    """Names of the matrices that each mean runs over; groups that add nothing are left out."""
    wanted = published.matrices
    there = runs.folder.paths
    exact = [name for name in wanted.groups if name in there and runs.has_work(name)]
    stand_ins = [
        file
        for name, file in wanted.reconstructed.items()
        if name not in exact and file in there and runs.has_work(file)
    ]
    groups = {EXACT: exact}
    if stand_ins:
        groups[WITH_RECONSTRUCTED] = exact + stand_ins
    square = [name for name in there if runs.has_work(name)]
    if len(square) > len(exact + stand_ins):
        groups[ALL_SQUARE] = square
    return {group: names for group, names in groups.items() if names}


def headline_rows(published: SparchValues, runs: SquareRuns, groups: dict[str, list[str]]) -> Iterator[Row]:
    """Every figure of the paper, by group of matrices."""
    for group, names in groups.items():
        for line in published.headline:
            ours = mean(line.mean, [FIGURES[line.figure](runs.result(name)) for name in names])
            yield Row(published.name, group, line.figure, line.published, ours, line.fitted, line.source)


def stages(published: SparchValues) -> dict[str, dict[str, bool]]:
    """Changes of the accelerator by stage: no part at all, then one more part at a time."""
    parts = [str(step.part) for step in published.ablation.steps]
    built: dict[str, dict[str, bool]] = {"none": dict.fromkeys(parts, False)}
    for count, part in enumerate(parts, start=1):
        built[part] = dict.fromkeys(parts[count:], False)
    return built


def ablation_rows(published: SparchValues, runs: SquareRuns, groups: dict[str, list[str]]) -> Iterator[Row]:
    """Geometric mean of the DRAM bytes before a part is added over those after; the paper's matrices alone."""
    changes = list(stages(published).values())
    for group in (EXACT, WITH_RECONSTRUCTED):
        for number, step in enumerate(published.ablation.steps):
            ratios = [
                moved_bytes(runs.result(name, **changes[number]))
                / moved_bytes(runs.result(name, **changes[number + 1]))
                for name in groups.get(group, [])
            ]
            if ratios:
                metric = f"DRAM reduction by {'Huffman' if step.part == 'huffman' else step.part}"
                ours = mean("geometric", ratios)
                yield Row(published.name, group, metric, step.published, ours, False, published.ablation.source)
