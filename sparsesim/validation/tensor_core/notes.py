"""What stands out in the comparisons, a line each."""

from collections.abc import Iterator, Sequence
from typing import Final

from sparsesim.validation.tensor_core.description import Published
from sparsesim.validation.tensor_core.errors import LEGEND, mean
from sparsesim.validation.tensor_core.runs import Comparison

LARGE: Final = 4096**3
"""Multiplications from which a product counts as large."""

TREND_CARD: Final = "A100"
TREND_SIZES: Final = (4096, 8192, 16384, 32768)


def notes_on(published: Published, comparisons: Sequence[Comparison]) -> Iterator[str]:
    """The lines, as far as there are points for them."""
    yield LEGEND
    yield from _trend(comparisons)
    yield from _power(comparisons)
    yield from _worst(comparisons)
    yield from _llmcompass(published, comparisons)
    types = [name for name in published.gemm.sparse_only if any(each.point.dtype == name for each in comparisons)]
    if types:
        yield (
            f"{', '.join(types)}: 2:4 times alone; the dense kernels write INT32 where the 2:4 ones write BF16, "
            "so that neither their ratio nor the faster one says anything about sparsity"
        )
    if any(each.point.dtype == "FP8" for each in comparisons):
        yield "FP8: the measured kernels write BF16, the simulated ones fp8"


def _trend(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """How the ratio falls from large to huge squares, in the mean over the types."""
    for size in TREND_SIZES:
        group = [
            each
            for each in comparisons
            if each.point.card == TREND_CARD and (each.point.m, each.point.n, each.point.k) == (size, size, size)
        ]
        measured = mean(group, lambda each: each.point.ratio if each.ratio else None)
        simulated = mean(group, lambda each: each.ratio)
        if measured is not None and simulated is not None:
            limits = ", ".join(dict.fromkeys(each.sparse_bottleneck for each in group if each.ratio))
            yield (
                f"{TREND_CARD}, {size} x {size} x {size}: 2:4 faster by {measured:.2f} measured, {simulated:.2f} "
                f"simulated, limited by {limits}"
            )


def _power(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """How often power limits large 2:4 products."""
    large = [each for each in comparisons if each.sparse_us and each.point.m * each.point.n * each.point.k >= LARGE]
    for card in dict.fromkeys(each.point.card for each in large):
        limits = [each.sparse_bottleneck for each in large if each.point.card == card]
        yield f"{card}: power limits {limits.count('power')} of {len(limits)} sparse products of 4096^3 and more"


def _worst(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """The product that is furthest off, by card."""
    for card in dict.fromkeys(each.point.card for each in comparisons):
        group = [each for each in comparisons if each.point.card == card]
        errors = [
            (abs(error), f"{each.point.case}: {name} {error:+.0f} %")
            for each in group
            for name, error in _errors(each).items()
            if error is not None
        ]
        yield f"furthest off: {max(errors)[1]}"


def _errors(each: Comparison) -> dict[str, float | None]:
    return {"dense time": each.dense_error_pct, f"{each.point.kernel} time": each.sparse_error_pct}


def _llmcompass(published: Published, comparisons: Sequence[Comparison]) -> Iterator[str]:
    table = published.llmcompass
    group = [each for each in comparisons if each.point.card == table.card]
    error = mean(group, lambda each: each.dense_error_pct, abs)
    if error is not None:
        yield (
            f"{table.card}: mean error {error:.1f} % of {len(group)} dense times (LLMCompass itself: "
            f"{table.their_error_pct} %), {table.host_us:g} us of the host included"
        )
