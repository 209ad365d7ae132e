"""What every picture says in words: titles, names of axes, legend and notes, each in its order."""

import pytest

from sparsesim.report import PLOTS
from tests.report.artists import legend_words

ENERGIES = ["compute", "SRAM", "DRAM"]
BY_PRUNER = ["unpruned", "2:4 50%"] * 2
NETWORKS = ["small", "large"]

# Titles of the panels, names along x, names along y, the legend, and what stands above and below all panels.
WORDS = {
    "energy": (
        BY_PRUNER,
        ["dynamic energy per batch [µJ]"] * 4,
        [""] * 4,
        ["DRAM", "SRAM", "register file", "MAC", "index / merge logic"],
        ["Energy table: prices. Beside each bar: its total, and the format. Without static energy.", *NETWORKS],
    ),
    "speedup": (
        BY_PRUNER,
        ["speedup"] * 4,
        [""] * 4,
        ["dense", "csr"],
        ["1 = machine cpu, pruner none, format dense;   × = refused", *NETWORKS],
    ),
    "curves": (
        ["magnitude 50%", "magnitude 90%"],
        ["DRAM bandwidth [GB/s]"] * 2,
        ["speedup", ""],
        [f"format-{number}, {machine}" for machine in ("unit", "cpu") for number in range(3)],
        [
            "1 = the baseline; rings: where a line goes through 1, read between two points. "
            "2 refused points are left out."
        ],
    ),
    "time-shares": (
        BY_PRUNER,
        ["share of the time [%]"] * 4,
        [""] * 4,
        ["launch", "memory", "math", "multipliers", "merger"],
        ["Share of each resource in the time. Beside each bar: its time, and the format.", *NETWORKS],
    ),
    "roofline": (
        ["cpu, 100 GB/s", "gpu, 1000 GB/s", "unit, 1000 GB/s"] * 2,
        ["useful MACs per DRAM byte"] * 6,
        ["useful GMAC/s"] * 6,
        ["bound by memory", "unpruned", "2:4 50%"],
        [
            "A point per layer, in its fastest format; useful: both factors are non-zero. "
            "2 layers are not drawn: refused, or nothing to do or to load.",
            *NETWORKS,
        ],
    ),
    "tradeoff": (
        ["", ""],
        [f"{gain} over the dense network on the same machine" for gain in ("speedup", "energy saved")],
        ["accuracy", ""],
        ["cpu", "gpu", "dense", "2:4", "magnitude"],
        ["small, 100 samples"],
    ),
    "sensitivity": (
        ["line: unpruned, dotted: 10 points below; rings: ratios chosen"],
        ["ratio of the one layer that is pruned, %"],
        ["accuracy, %"],
        ["conv", "fc"],
        [],
    ),
    "crossover": (
        [""],
        ["sparsity"],
        ["ratio of time (above 1x: csr@gpu)"],
        ["looked at", "crossing", "within 10 % of each other"],
        [
            "small, magnitude, batch 1. Time of dense@gpu over that of csr@gpu. "
            "csr@gpu overtakes dense@gpu at sparsity 90 %."
        ],
    ),
    "bottlenecks": (
        ["", ""],
        ["share of the time [%]", ""],
        ["", ""],
        ["math", "latency", "merger", "launch"],
        [
            "small, batch 1 as csr on unit. Left: what the time of each layer goes to. "
            "Right: speedup with twice as much of one resource, or half of a latency; blank: less than 0.5 %. "
            "Time goes to merger 54%, math 30%, latency 10%."
        ],
    ),
    "ladder": (
        ["line: unpruned, dotted: 1 points below"],
        ["weights before / after pruning"],
        ["accuracy, %"],
        ["one", "two"],
        [],
    ),
    "front": (
        [""],
        ["time [µs]"],
        ["accuracy, %"],
        ["beaten", "breaks a constraint", "uniform sparsity", "front", "front, on samples\nnot searched on"],
        ["small: 7 trials"],
    ),
    "spy": (
        [],  # in test_spy
        ["column", "", "", "column", "", ""],
        ["row", "", "", "row", "", ""],
        [],
        ["small: magnitude"],
    ),
    "errors": (
        [""],
        ["simulated / published - 1"],
        [""],
        ["one", "two", "hollow: fitted"],
        [],
    ),
    "matrices": (
        ["", ""],
        ["FLOP per compulsory byte", ""],
        ["GFLOP/s", "nJ per operation"],
        [
            "roof: DRAM, multipliers",
            "other matrices",
            "the paper's matrices",
            "published mean of 20",
            *ENERGIES,
        ],
        [],
    ),
    "sweeps": (
        ["ways", "window", "", ""],
        ["", "", "", ""],
        ["DRAM bytes, 1 = shipped", "", "GFLOP/s", ""],
        ["two", "one"],
        ["dashed: the shipped machine"],
    ),
    "ablation": (
        ["one", "two"],
        ["", ""],
        ["DRAM traffic [MB]", "DRAM traffic [MB]"],
        ["A", "B", "partial", "C"],
        [],
    ),
    "simulation-time": (
        [""],
        ["multiplies of A x A"],
        ["simulation [s]"],
        ["real matrices", "R-MAT matrices", "slope 1: 100 M multiplies/s"],
        [],
    ),
    "tensor-core-times": (
        ["H100 fp16", "A100 fp16"],
        ["measured [µs]", "measured [µs]"],
        ["simulated [µs]", ""],
        ["dense", "2:4", "filled: others", "hollow: fitted"],
        [],
    ),
    "tensor-core-ratios": (
        ["H100 fp16", "A100 fp16"],
        ["measured dense / sparse", "measured dense / sparse"],
        ["simulated dense / sparse", ""],
        ["2:4", "filled: others", "hollow: fitted", "always 2x", "sparse is slower"],
        [],
    ),
    "tensor-core-tokens": (
        ["weights 4096 × 4096", "squares, N = K = M"],
        ["tokens", "tokens"],
        ["dense / 2:4 time", ""],
        ["fp16", "dots: measured", "lines: simulated"],
        [],
    ),
    "spmm-crossovers": (
        ["1024 × 1024 × 1024", "2048 × 2048 × 2048"],
        ["sparsity", "sparsity"],
        ["time [µs]", ""],
        ["dense tensor cores", "single values", "vectors of 8"],
        [],
    ),
    "spmm-measured": (
        ["fitted layers: mean error 17.5 %", "other layers: mean error 25.0 %"],
        ["measured [µs]", "measured [µs]"],
        ["simulated [µs]", ""],
        ["vectors of 2", "vectors of 4", "vectors of 8"],
        [],
    ),
}


@pytest.mark.parametrize("name", PLOTS)
def test_words(name, drawn):
    figure = drawn(name)
    titles, across, upright, legend, notes = WORDS[name]
    shown = [axes for axes in figure.axes if axes.get_visible()]
    if titles:
        assert [axes.get_title() for axes in shown] == titles
    assert [axes.get_xlabel() for axes in shown] == across
    assert [axes.get_ylabel() for axes in shown] == upright
    assert legend_words(figure) == legend
    words = [figure.get_suptitle(), figure.get_supxlabel(), *(text.get_text() for text in figure.texts)]
    assert list(dict.fromkeys(word.replace("\n", " ") for word in words if word)) == notes
