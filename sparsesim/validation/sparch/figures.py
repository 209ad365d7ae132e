"""The figures of the paper, from one run of C = A x A."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Final, Literal

from sparsesim.results import Result, geometric_mean

ELEMENT_BYTES: Final = 12
"""A non-zero of A, B or C: 32-bit column and double-precision value."""


def flop(result: Result) -> int:
    """Operations as the paper counts them: multiplications, and additions actually done."""
    return 2 * int(result.details["multiplies"]) - int(result.details["nnz_c"])


def moved_bytes(result: Result) -> int:
    """DRAM bytes without the row pointers of A, which the published counts leave out."""
    others = sum(size for tensor, size in result.dram_bytes.items() if tensor != "A")
    return ELEMENT_BYTES * result.a_nnz + others


def compulsory_bytes(result: Result) -> int:
    """The non-zeros of A and B once each, and those of C."""
    return ELEMENT_BYTES * (2 * result.a_nnz + int(result.details["nnz_c"]))


def nj_per_flop(result: Result, *components: str) -> float:
    """Energy of these components per operation."""
    return sum(result.energy_pj[component] for component in components) / 1e3 / flop(result)


def dram_nj_per_flop_at_peak_power(result: Result) -> float:
    """DRAM energy if it drew the power of its full bandwidth all the time."""
    return nj_per_flop(result, "dram") / result.bandwidth_utilisation


FIGURES: Final[Mapping[str, Callable[[Result], float]]] = {
    "GFLOP/s": lambda result: flop(result) / result.seconds / 1e9,
    "bandwidth utilisation": lambda result: result.bandwidth_utilisation,
    "multiplier utilisation": lambda result: result.utilisation,
    "traffic / compulsory": lambda result: moved_bytes(result) / compulsory_bytes(result),
    "FLOP per compulsory byte": lambda result: flop(result) / compulsory_bytes(result),
    "nJ/FLOP compute": lambda result: nj_per_flop(result, "mac", "logic", "register"),
    "nJ/FLOP SRAM": lambda result: nj_per_flop(result, "sram"),
    "nJ/FLOP DRAM": lambda result: nj_per_flop(result, "dram"),
    "nJ/FLOP DRAM at peak power": dram_nj_per_flop_at_peak_power,
    "nJ/FLOP total": lambda result: nj_per_flop(result, "total"),
    "power W": lambda result: result.energy_pj["total"] * 1e-12 / result.seconds,
}


def mean(kind: Literal["geometric", "arithmetic"], values: Sequence[float]) -> float:
    """Mean of positive values."""
    return geometric_mean(values) if kind == "geometric" else fmean(values)
