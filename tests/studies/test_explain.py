"""What more of each resource gains: simulated again, added up, and told in words that a sceptic can check."""

from dataclasses import replace

import numpy as np
import pytest

import sparsesim as ss
from sparsesim.accelerators.upgrades import KERNEL_RATE
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.hardware import with_fields
from sparsesim.hardware.upgrades import CLOCK
from sparsesim.studies.explain import ALL, ENDLESS, Gain, Part, operations
from sparsesim.studies.explain.found import Explanation, Resource
from sparsesim.tensors.generators import uniform


@pytest.fixture(scope="module")
def cnn():
    return ss.explain("digits-cnn", "a100-pcie", "dense")


def seconds(machine, **options):
    table = ss.compare("digits-cnn", machine, "dense", **options)
    return table["seconds"].item(), table["energy_total_pj"].item()


def test_the_whole_is_what_compare_says(cnn):
    time, energy = seconds("a100-pcie")
    assert cnn.total.seconds == pytest.approx(time, rel=1e-12)
    assert cnn.total.energy_pj == pytest.approx(energy, rel=1e-12)
    assert [part.layer for part in cnn.layers] == ["conv1", "conv2", "fc1", "fc2"]
    assert sum(part.seconds for part in cnn.layers) == pytest.approx(time, rel=1e-12)
    assert sum(cnn.total.time_s.values()) == pytest.approx(time, rel=1e-9)


@pytest.mark.parametrize(
    ("resource", "changes"),
    [
        ("DRAM bandwidth", {"dram.bandwidth_bytes_per_s": 2 * 1_935_000_000_000}),
        ("DRAM latency", {"dram.latency_ns": 391 / 2}),
        ("k-loop latency", {"kernels.gemm.k_step_cycles.other": 390.0}),
    ],
)
def test_a_gain_is_that_of_a_machine_with_these_fields(cnn, resource, changes):
    """Made by hand, and simulated without the studies."""
    machine = with_fields(ss.load_machine("a100-pcie"), changes)
    before, after = seconds("a100-pcie"), seconds(machine)
    gain = cnn.total.twice[resource]
    assert gain.speedup == pytest.approx(before[0] / after[0], rel=1e-9)
    assert gain.energy_ratio == pytest.approx(before[1] / after[1], rel=1e-9)
    assert gain.speedup > 1


def test_more_of_all_is_at_least_as_good_as_more_of_any(cnn):
    everything = cnn.total.twice[ALL].speedup
    assert everything >= max(cnn.total.twice[name].speedup for name in cnn.ranked)
    assert everything == pytest.approx(2, rel=0.05)  # every rate twice as fast, every latency half as long


def test_endless_is_at_least_as_good_as_twice(cnn):
    for name, gain in cnn.total.endless.items():
        assert gain.speedup >= cnn.total.twice[name].speedup * (1 - 1e-9), name
    launch = cnn.total.endless["launch"].speedup
    assert launch == pytest.approx(1 / (1 - cnn.total.share(["launch"])), rel=0.02)
    without = ss.explain("digits-cnn", endless=False)
    assert without.total.endless == {}
    assert without.total.twice == cnn.total.twice


@pytest.mark.parametrize(
    ("gemm", "machine", "options", "bottleneck", "resource"),
    [
        ((1, 16384, 8192), "h100-sxm", {"cold": True}, "memory", "DRAM bandwidth"),
        ((8192, 8192, 8192), "a100-pcie", {}, "power", "power cap"),
        ((128, 3072, 768), "a100-pcie", {}, "k-loop latency", "k-loop latency"),
        ((64, 64, 64), "a100-pcie", {}, "launch", "launch"),
        ((64, 256, 256), "core-i7-5930k", {"dtype": "fp32"}, "SIMD", KERNEL_RATE),
        ((256, 1024, 1024), "titan-x", {"format": "csr", "sparsity": "0.9"}, "gather", KERNEL_RATE),
        ((8192, 8192, 8192), "h100-sxm", {}, "math", "MACs"),
        ((1, 4096, 4096), "rtx-4090", {"format": "csr", "sparsity": "0.5", "cold": True}, "memory", "DRAM bandwidth"),
    ],
)
def test_the_bottleneck_is_what_pays(gemm, machine, options, bottleneck, resource):
    found = ss.explain(gemm=gemm, machine=machine, **options)
    assert found.total.bottleneck == bottleneck
    assert bottleneck in found.resources[resource].relieves
    best = found.total.twice[found.ranked[0]].speedup
    assert found.total.twice[resource].speedup >= 0.98 * best or "SMs" in found.ranked[:1]
    assert found.total.twice[resource].speedup > 1.01


def test_what_has_no_share_gains_nothing():
    found = ss.explain(gemm=(1, 4096, 4096), machine="h100-sxm", cold=True)
    for name in ("MACs", "tile prologue", "power cap"):
        assert found.total.twice[name].speedup == pytest.approx(1, abs=0.01)
        assert name not in found.telling or found.total.share(found.resources[name].relieves) >= 0.01


def test_under_the_power_cap_more_macs_gain_nothing_and_the_table_says_why():
    found = ss.explain(gemm=(8192, 8192, 8192), machine="a100-pcie")
    assert found.total.twice["MACs"].speedup == pytest.approx(1, abs=1e-3)
    assert found.reason("MACs") == "under the power cap, energy decides"
    assert found.reason("power cap") == ""
    (line,) = [line for line in found.answer if line.startswith("The power cap decides")]
    assert "more MACs gain nothing" in line
    without = found.total.endless["power cap"]
    assert f"Without it the run is {without.speedup:.3g}x as fast, and {without.bottleneck} decides." in line


def test_a_balanced_unit_says_what_takes_as_long():
    """SpArch with as many merged elements as multiplications: neither helps alone."""
    found = ss.explain("alexnet", "sparch", "csr", "magnitude@0.9", resources=["MACs", "merger"], endless=False)
    (conv,) = [part for part in found.layers if part.layer == "conv1"]
    assert conv.bottleneck == "multipliers"
    assert conv.twice["MACs"].speedup == pytest.approx(1, abs=0.02)
    assert conv.twice["MACs"].bottleneck == "merger"
    assert conv.twice[ALL].speedup > 1.8


def test_energy_counts_what_a_larger_buffer_saves():
    a = uniform(2000, 2000, 0.005, 1)
    found = ss.explain(matrix=a.to_scipy(), machine="sparch", format="csr", resources=["prefetch buffer"])
    more = with_fields(ss.load_machine("sparch"), {"accelerator.prefetch_lines": 2048})
    before, after = (ss.multiply(a, a, each, "csr", "fp16")[0] for each in ("sparch", more))
    gain = found.total.twice["prefetch buffer"]
    assert before.dram_bytes["B"] > after.dram_bytes["B"]
    assert gain.energy_ratio == before.energy_pj["total"] / after.energy_pj["total"] > 1
    assert gain.speedup == before.seconds / after.seconds
    assert found.total.twice.keys() == {"prefetch buffer"}


def test_a_gemm_has_the_figures_of_gemm():
    options = {"sparsity": "2:4", "dtype": "fp16"}
    found = ss.explain(gemm=(64, 512, 512), machine="a100-pcie", format="nm-2:4", **options)
    (result,) = ss.gemm(64, 512, 512, "a100-pcie", "nm-2:4", **options)
    assert found.total.seconds == result.seconds
    assert found.total.energy_pj == result.energy_pj["total"]
    assert found.total.time_s == result.time_s
    assert found.workload == "GEMM 64 x 512 x 512, sparsity 2:4"


def test_operands_that_stay_in_a_larger_l2_are_told():
    warm, cold = (ss.explain(gemm=(16, 4096, 4096), resources=["L2 size"], cold=cold) for cold in (False, True))
    assert warm.total.twice["L2 size"].speedup > 1.2 > 1.01 > cold.total.twice["L2 size"].speedup
    assert any("equal runs" in line for line in warm.answer)
    assert not any("equal runs" in line for line in cold.answer)


def test_rows_are_one_for_each_layer_and_resource(cnn):
    rows = cnn.rows()
    assert len(rows) == 5 * len(cnn.total.twice)
    (row,) = [row for row in rows if (row["layer"], row["resource"]) == ("total", "launch")]
    assert row["speedup"] == cnn.total.twice["launch"].speedup
    assert row["share"] == cnn.total.time_s["launch"] / cnn.total.seconds
    assert row["endless_speedup"] == cnn.total.endless["launch"].speedup
    (clock,) = [row for row in rows if (row["layer"], row["resource"]) == ("total", CLOCK)]
    assert clock["endless_speedup"] is None
    assert all(row["share"] is None for row in rows if row["resource"] == ALL)


def test_the_object_holds_what_the_picture_needs(cnn):
    told = cnn.as_object()
    assert [part["layer"] for part in told["layers"]] == [part.layer for part in cnn.layers]
    assert told["total"]["twice"]["launch"]["speedup"] == cnn.total.twice["launch"].speedup
    assert told["resources"]["launch"] == {"relieves": ("launch",), "words": "half the launch", "combined": False}
    assert told["resources"]["MACs"]["words"] == "twice the MACs"
    assert told["reasons"].keys() == set(cnn.ranked)


def test_layers_that_are_alike_stand_together():
    found = ss.explain("bert-base", endless=False, resources=["launch"])
    kinds = found.alike()
    assert sum(map(len, kinds)) == len(found.layers)
    assert len(kinds) < 10
    assert len(max(kinds, key=len)) == 48


def made(time_s, gains, resources=None):
    """An explanation with a total that took one second."""
    twice = {
        name: Gain(*gain) if isinstance(gain, tuple) else Gain(gain, 1.0, "math", "gemm")
        for name, gain in gains.items()
    }
    total = Part("total", 1.0, 1.0, time_s, next(iter(time_s)), "gemm", twice, {})
    given = resources or {name: Resource((name,), f"twice the {name}") for name in gains}
    return Explanation("net", "card", "dense", "table", given, (), total)


@pytest.mark.parametrize(
    ("gain", "share", "reason"),
    [
        (1.3, 0.5, ""),
        (1.3, 0.0, "more than its share: plans or other waits change with it"),
        (1.0, 0.0, "nothing waits for it"),
        (1.0, 0.001, "hardly anything waits for it"),
        (1.0, 0.3, "30% of the time goes to MACs, which it does not shorten here"),
        (1.009, 0.02, ""),
        (0.9, 0.3, "slower: see below"),
    ],
)
def test_reasons_by_hand(gain, share, reason):
    time_s = {"other": 1 - share, "MACs": share} if share else {"other": 1.0}
    assert made(time_s, {"MACs": gain}).reason("MACs") == reason


def test_under_a_cap_by_hand():
    found = made({"power": 0.9, "launch": 0.1}, {"MACs": 1.0, "power": 1.2})
    assert found.reason("MACs") == "under the power cap, energy decides"
    assert found.reason("power") == ""


def test_sentences_by_hand():
    found = made({"math": 0.9, "launch": 0.1}, {"math": (1.0, 1.0, "L2", "gemm"), "launch": 1.05})
    assert found.answer == [
        "Time goes to math 90%, launch 10%.",
        "Twice the launch gains most: 1.05x in time, 1x in energy.",
        "math is the bottleneck, yet twice the math gains nothing: then L2 takes as long.",
    ]
    lost = made({"imbalance": 1.0}, {"launch": 1.0, "warps": 0.9})
    assert lost.answer == [
        "Time goes to imbalance 100%.",
        "Nothing gains 1 % on its own.",
        "Nothing that the machine could have more of shortens imbalance.",
        "With twice the warps the run is slower (0.9x): work is cut or shared out otherwise then, and less evenly.",
    ]
    assert replace(lost, remarks=("And so on.",)).answer[-1] == "And so on."


def test_the_clock_is_no_resource_of_its_own(cnn):
    assert CLOCK not in cnn.ranked
    assert cnn.combined == [CLOCK, ALL]
    assert cnn.total.twice[CLOCK].speedup > 1


def test_the_rate_of_a_library_is_not_taken_for_multipliers():
    found = ss.explain(gemm=(256, 1024, 1024), machine="titan-x", format="csr", sparsity="0.9", endless=False)
    assert any(line.startswith("The kernel rate is the peak of the multipliers") for line in found.answer)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "exactly one of them is needed"),
        ({"network": "digits-cnn", "gemm": (8, 8, 8)}, "exactly one of them is needed"),
        ({"gemm": (8, 8)}, "gemm: \\[8, 8\\]: M, N and K"),
        ({"gemm": (8, 0, 8)}, "gemm: \\[8, 0, 8\\]"),
        ({"gemm": (8, 8, 8), "seed": -1}, "seed: -1"),
        ({"gemm": (8, 8, 8), "engine": "slow"}, "unknown engine 'slow'"),
        ({"gemm": (8, 8, 8), "dtype": "fp17"}, "fp17"),
        ({"gemm": (8, 8, 8), "resources": ["MAC"]}, "unknown resource of a100-pcie 'MAC'"),
        ({"network": "digits-cnn", "batch": 0}, "batch is 0"),
        ({"network": "digits-cnn", "pruner": "wanda@0.5"}, "input"),
        ({"network": "digits-cnn", "lowering": ss.Lowering(), "batch": 2}, "lowering has a batch"),
        ({"matrix": np.ones((3, 4))}, "sides do not fit"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work(monkeypatch, options, words):
    def never(*_, **__):
        raise AssertionError("something was simulated")

    monkeypatch.setattr(operations, "lowered_layers", never)
    monkeypatch.setattr(operations, "drawn_weights", never)
    with pytest.raises((InputError, UnknownNameError), match=words):
        ss.explain(**options)


def test_two_hundred_and_fifty_six_is_beyond_every_ratio_of_rates():
    assert ENDLESS == 256
