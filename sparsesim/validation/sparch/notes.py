"""What a reader of the rows should know: which matrices they are means of, and why a mean differs."""

from collections.abc import Iterator

from sparsesim.validation.sparch.description import Published
from sparsesim.validation.sparch.figures import FIGURES, mean
from sparsesim.validation.sparch.headline import ALL_SQUARE, EXACT, WITH_RECONSTRUCTED
from sparsesim.validation.sparch.runs import SquareRuns


def notes_on(published: Published, runs: SquareRuns, groups: dict[str, list[str]]) -> Iterator[str]:
    """A line each."""
    exact, root = groups.get(EXACT, []), runs.folder.root
    yield f"{EXACT}: {len(exact)} of the paper's {len(published.matrices.groups)}: {', '.join(exact) or 'none'}"
    if WITH_RECONSTRUCTED in groups:
        added = ", ".join(name for name in groups[WITH_RECONSTRUCTED] if name not in exact)
        yield f"{WITH_RECONSTRUCTED}: these and {added} (same structure, other order)"
    if ALL_SQUARE in groups:
        yield f"{ALL_SQUARE}: {len(groups[ALL_SQUARE])} in {root}, most of them not the paper's"
    for group, names in groups.items():
        if group != ALL_SQUARE:
            yield _factors(group, _ratios(published, runs, names))
    missing = [name for name in published.golden.matrices if name not in exact]
    if missing:
        yield f"no golden counts for {', '.join(missing)}: not in {root}"


def _ratios(published: Published, runs: SquareRuns, names: list[str]) -> dict[str, float]:
    """Our mean over the published one, by figure."""
    results = [runs.result(name) for name in names]
    return {
        line.figure: mean(line.mean, [FIGURES[line.figure](result) for result in results]) / line.published
        for line in published.headline
    }


def _factors(group: str, ratio: dict[str, float]) -> str:
    """GFLOP/s = peak bandwidth x its utilisation x FLOP per compulsory byte / (traffic / compulsory)."""
    factors = {
        "reuse in the matrices": ratio["FLOP per compulsory byte"],
        "bandwidth utilisation": ratio["bandwidth utilisation"],
        "traffic": 1 / ratio["traffic / compulsory"],
    }
    product = " x ".join(f"{factor:.2f} ({name})" for name, factor in factors.items())
    return f"{group}: GFLOP/s are {ratio['GFLOP/s']:.2f} times the published, about {product}"
