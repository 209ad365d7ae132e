"""Figures of the notes: which matrices the means run over, and why a mean differs from the published one."""

from collections.abc import Mapping, Sequence

from sparsesim.validation.notes import Figures
from sparsesim.validation.sparch.figures import FIGURES, mean
from sparsesim.validation.sparch.headline import ALL_SQUARE, EXACT, WITH_RECONSTRUCTED
from sparsesim.validation.sparch.published import SparchValues
from sparsesim.validation.sparch.runs import SquareRuns


def note_figures(
    published: SparchValues, runs: SquareRuns, groups: Mapping[str, list[str]]
) -> dict[str, Sequence[Figures]]:
    """Figures by note; none for a note that does not apply to the available matrices."""
    exact, root = groups.get(EXACT, []), runs.folder.root
    added = [name for name in groups.get(WITH_RECONSTRUCTED, []) if name not in exact]
    square = groups.get(ALL_SQUARE, [])
    missing = [name for name in published.golden.matrices if name not in exact]
    compared = {group: names for group, names in groups.items() if group != ALL_SQUARE}
    return {
        "exact": [{"count": len(exact), "wanted": len(published.matrices.groups), "names": _listed(exact) or "none"}],
        "reconstructed": [{"names": _listed(added)}] if added else [],
        "all_square": [{"count": len(square), "folder": root}] if square else [],
        "factors": [{"group": group} | _factors(published, runs, names) for group, names in compared.items()],
        "missing": [{"names": _listed(missing), "folder": root}] if missing else [],
    }


def _factors(published: SparchValues, runs: SquareRuns, names: list[str]) -> dict[str, float]:
    """GFLOP/s = peak bandwidth x its utilisation x FLOP per compulsory byte / (traffic / compulsory)."""
    results = [runs.result(name) for name in names]
    ratio = {
        line.figure: mean(line.mean, [FIGURES[line.figure](result) for result in results]) / line.published
        for line in published.headline
    }
    return {
        "speed": ratio["GFLOP/s"],
        "reuse": ratio["FLOP per compulsory byte"],
        "utilisation": ratio["bandwidth utilisation"],
        "traffic": 1 / ratio["traffic / compulsory"],
    }


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
