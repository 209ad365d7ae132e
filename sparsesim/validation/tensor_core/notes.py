"""Figures of the notes: what stands out in the comparisons."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from sparsesim.validation.notes import Figures
from sparsesim.validation.tensor_core.errors import mean
from sparsesim.validation.tensor_core.published import Llmcompass, TensorCoreValues
from sparsesim.validation.tensor_core.runs import Comparison

LARGE: Final = 4096**3
"""Multiplications from which a product counts as large."""

TREND_CARD: Final = "A100"
TREND_TYPES: Final = (("FP16", "BF16"), ("INT8",))
"""Types that behave alike; the dense kernels of INT8 are weak on this card."""

TREND_SIZES: Final = (4096, 8192, 16384, 32768)


def note_figures(published: TensorCoreValues, comparisons: Sequence[Comparison]) -> dict[str, Sequence[Figures]]:
    """Figures by note; none for a note without points."""
    types = dict.fromkeys(each.point.dtype for each in comparisons)
    writes = [(name, published.gemm.written(name)) for name in types if name in published.gemm.writes]
    return {
        "trend": list(_trend(comparisons)),
        "power": list(_power(comparisons)),
        "worst": list(_worst(comparisons)),
        "llmcompass": list(_llmcompass(published.llmcompass, comparisons)),
        "writes": [{"type": name, "dense": written.dense, "sparse": written.sparse} for name, written in writes],
    }


def _trend(comparisons: Sequence[Comparison]) -> Iterator[Figures]:
    """How the ratio changes from large to huge squares, averaged over types that behave alike."""
    for types, size in product(TREND_TYPES, TREND_SIZES):
        group = [
            each
            for each in comparisons
            if each.point.card == TREND_CARD
            and each.point.dtype in types
            and (each.point.m, each.point.n, each.point.k) == (size, size, size)
        ]
        measured = mean(group, lambda each: each.point.ratio if each.ratio else None)
        simulated = mean(group, lambda each: each.ratio)
        if measured is not None and simulated is not None:
            limits = ", ".join(dict.fromkeys(each.sparse_bottleneck for each in group if each.ratio))
            named = {"card": TREND_CARD, "types": " and ".join(dict.fromkeys(each.point.dtype for each in group))}
            yield named | {"size": size, "measured": measured, "simulated": simulated, "limits": limits}


def _power(comparisons: Sequence[Comparison]) -> Iterator[Figures]:
    """How often power limits large 2:4 products."""
    large = [each for each in comparisons if each.sparse_us and each.point.m * each.point.n * each.point.k >= LARGE]
    for card in dict.fromkeys(each.point.card for each in large):
        limits = [each.sparse_bottleneck for each in large if each.point.card == card]
        yield {"card": card, "limited": limits.count("power"), "products": len(limits)}


def _worst(comparisons: Sequence[Comparison]) -> Iterator[Figures]:
    """The product that is furthest off, by card."""
    for card in dict.fromkeys(each.point.card for each in comparisons):
        errors = [
            {"case": each.point.case, "kernel": kernel, "error": error}
            for each in comparisons
            if each.point.card == card
            for kernel, error in (("dense", each.dense_error_pct), (each.point.kernel, each.sparse_error_pct))
            if error is not None
        ]
        yield max(errors, key=lambda figures: abs(figures["error"]))


def _llmcompass(table: Llmcompass, comparisons: Sequence[Comparison]) -> Iterator[Figures]:
    group = [each for each in comparisons if each.point.card == table.card]
    error = mean(group, lambda each: each.dense_error_pct, abs)
    if error is not None:
        theirs = {"their_error": table.their_error_pct, "host_us": table.host_us}
        yield {"card": table.card, "error": error, "products": len(group)} | theirs
