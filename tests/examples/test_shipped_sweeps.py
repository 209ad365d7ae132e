"""What the shipped sweeps say in their descriptions is what comes out, on the points that decide it."""

import pytest
import yaml
from typer.testing import CliRunner

import sparsesim as ss
from sparsesim.cli.app import app
from sparsesim.hardware import with_fields
from sparsesim.shipped import shipped_file, shipped_names

BANDWIDTH, LINES = "axis_dram.bandwidth_bytes_per_s", "axis_accelerator.prefetch_lines"
WAYS, WINDOW = "axis_accelerator.merge_ways", "axis_accelerator.lookahead_window"
POINTS = {
    "format-crossover": {"sparsity": [0.5, 0.8, 0.9, 0.95, 0.98], "machine": ["a100-pcie", "rtx-*"]},
    "batch-crossover": {"batch": [1, 32, 64, 128]},
    "two-four-sizes": {"batch": [16, 512, 8192], "network": ["alexnet[[]fc[67]*", "alexnet[[]fc8*"]},
    "bandwidth-formats": {"dram.bandwidth_bytes_per_s": ["250 GB/s", "1 TB/s", "4 TB/s", "8 TB/s"]},
}
"""Of sweeps that take long: the points that the test looks at."""


@pytest.fixture(scope="module")
def table_of(tmp_path_factory):
    """The points of a shipped sweep beside their baseline, simulated when first asked for."""
    known = {}

    def run(name):
        if name not in known:
            sweep = yaml.safe_load(shipped_file("workload", name, "workloads", ".yaml").read_text(encoding="utf-8"))
            path = tmp_path_factory.mktemp("sweeps") / f"{name}.db"
            ss.fill_store(sweep | ({"only": POINTS[name]} if name in POINTS else {}), path, workers=1)
            known[name] = ss.load_results(path)
            assert (known[name]["status"] == "ok").all()
        return known[name]

    return run


def by(table, *columns, of="speedup"):
    """The figure by the values of columns; a point more than once would be a fault of the sweep."""
    found = table.set_index(list(columns))[of]
    assert found.index.is_unique
    return found.to_dict()


def test_every_sweep_says_what_it_shows_and_what_it_does_not():
    for name in set(shipped_names("workloads", ".yaml")) - {"quickstart"}:
        sweep = ss.load_sweep(name)
        assert sweep.name == name
        assert "Caveat: " in sweep.description
        assert sweep.pictures


def test_formats_pay_from_a_sparsity_that_the_card_decides(table_of):
    speedup = by(table_of("format-crossover"), "machine", "format", "sparsity")
    for card, last_loss, first_gain in (("a100-pcie", 0.8, 0.9), ("rtx-3090", 0.5, 0.8), ("rtx-4090", 0.5, 0.8)):
        assert speedup[card, "csr", last_loss] < 1 < speedup[card, "csr", first_gain]
    for card in ("rtx-3090", "rtx-4090"):
        assert speedup[card, "gaps-4", 0.5] > 1
        assert speedup[card, "gaps-4", 0.9] > speedup[card, "csr", 0.9]
        assert speedup[card, "gaps-4", 0.98] < speedup[card, "csr", 0.98]
    assert speedup["a100-pcie", "bsr-64x64", 0.8] < 1 < speedup["a100-pcie", "bsr-64x64", 0.95]


def test_sparse_wins_with_one_sample_and_loses_with_64(table_of):
    speedup = by(table_of("batch-crossover"), "machine", "sparsity", "axis_batch")
    assert speedup["a100-pcie", 0.9, 1] == pytest.approx(1.2, abs=0.05)
    assert speedup["a100-pcie", 0.9, 32] > 1
    assert speedup["a100-pcie", 0.9, 64] == pytest.approx(0.69, abs=0.05)
    assert speedup["a100-pcie", 0.95, 64] > 1 > speedup["a100-pcie", 0.95, 128]
    for machine in ("titan-x", "core-i7-5930k"):
        assert speedup[machine, 0.95, 1] > 5
        assert speedup[machine, 0.95, 64] < 0.6
    bottleneck = by(table_of("batch-crossover"), "machine", "sparsity", "axis_batch", of="bottleneck")
    assert bottleneck["a100-pcie", 0.9, 64] == "L2"


def test_two_four_gains_what_the_size_and_the_power_cap_allow(table_of):
    table = table_of("two-four-sizes")
    table = table.assign(layer=table["network"].str.extract(r"\[(.*?)\]", expand=False))
    speedup = by(table, "machine", "layer", "axis_batch")
    assert all(value < 2 for value in speedup.values())
    assert speedup["h100-pcie", "fc8", 512] < 1 < speedup["h100-pcie", "fc8", 8192]
    bottleneck = by(table, "machine", "layer", "axis_batch", of="bottleneck")
    for card, gain, bound in (("a100-pcie", 1.6, "power"), ("h100-pcie", 1.56, "power"), ("rtx-4090", 1.94, "math")):
        for layer in ("fc6", "fc7"):
            assert speedup[card, layer, 8192] == pytest.approx(gain, abs=0.04)
            assert bottleneck[card, layer, 8192] == bound


def test_slow_memory_rewards_formats_and_fast_memory_does_not(table_of):
    table = table_of("bandwidth-formats")
    speedup = by(table, "sparsity", BANDWIDTH)
    assert speedup[0.9, 250e9] == pytest.approx(2.86, abs=0.1)
    assert speedup[0.9, 1e12] > 1 > speedup[0.9, 4e12]
    assert speedup[0.8, 250e9] > 1 > speedup[0.8, 1e12]
    assert min(value for (sparsity, _), value in speedup.items() if sparsity in (0.5, 0.95)) > 1
    assert (speedup[0.5, 250e9], speedup[0.5, 8e12]) == (pytest.approx(1.73, abs=0.05), pytest.approx(1.08, abs=0.05))
    for sparsity in (0.5, 0.8, 0.9, 0.95):
        assert sorted(speedup[sparsity, each] for each in (250e9, 1e12, 4e12, 8e12)) == [
            speedup[sparsity, each] for each in (8e12, 4e12, 1e12, 250e9)
        ]
    bottleneck = by(table, "sparsity", BANDWIDTH, of="bottleneck")
    assert (bottleneck[0.9, 250e9], bottleneck[0.9, 8e12]) == ("memory", "issue")


def test_the_merge_width_decides_and_a_window_replaces_buffer(table_of):
    seconds = by(table_of("sparch-sizes"), WAYS, WINDOW, LINES, of="seconds")
    assert seconds[8, 8192, 1024] / seconds[64, 8192, 1024] == pytest.approx(2.3, abs=0.05)
    for ways in (8, 16, 64):
        for window in (64, 8192):
            assert 1 <= seconds[ways, window, 16] / seconds[ways, window, 1024] < 1.17
    assert seconds[64, 8192, 128] == pytest.approx(seconds[64, 64, 512], rel=0.01)
    assert seconds[64, 64, 128] > 1.08 * seconds[64, 8192, 128]
    partial = by(table_of("sparch-sizes"), WAYS, WINDOW, LINES, of="dram_partial_bytes")
    assert partial[8, 8192, 1024] > 30 * partial[64, 8192, 1024]


def test_the_published_unit_is_near_the_best_of_its_area(table_of):
    table = table_of("sparch-equal-area")
    for ways, lines in zip(table[WAYS], table[LINES], strict=True):
        fields = {"accelerator.merge_ways": int(ways), "accelerator.prefetch_lines": int(lines)}
        assert with_fields(ss.load_machine("sparch"), fields).area_mm2 == pytest.approx(28.5, rel=2e-4)
    seconds = by(table, WAYS, of="seconds")
    assert min(seconds, key=seconds.get) == 128
    assert seconds[64] < 1.025 * seconds[128]
    assert seconds[8] > 2 * seconds[64]
    assert seconds[256] > 1.1 * seconds[64]
    rows = by(table, WAYS, of="dram_B_bytes")
    assert rows[256] > 10 * rows[128]


def test_equal_multipliers_move_the_crossover_and_not_the_energy(table_of):
    table = table_of("equal-resources")
    table = table[table["machine"].str.startswith("sparch")]
    speedup = by(table, "axis_equal", "sparsity")
    wide, narrow = "macs_per_cycle of sparseloop-tc", "bandwidth of sparseloop-tc"
    assert speedup["as-published", 0.98] < 1 < speedup["as-published", 0.99]
    assert speedup[wide, 0.5] < 1 < speedup[wide, 0.8]
    for sparsity in (0.5, 0.8, 0.9, 0.95, 0.98, 0.99):
        assert 0.88 < speedup[narrow, sparsity] / speedup["as-published", sparsity] < 1
    bottleneck = by(table, "axis_equal", "sparsity", of="bottleneck")
    assert {bottleneck[wide, sparsity] for sparsity in (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)} == {"memory"}
    assert (table["energy_ratio"] < 0.6).all()


def test_energy_follows_bytes_where_there_is_a_decoder(table_of):
    table = table_of("alexnet-energy")
    energy = by(table, "machine", "axis_dtype", "pruner", "format", of="energy_total_pj")
    steps = [("fp32", "none", "dense"), ("int8", "none", "dense"), ("fp32", "published", "csr")]
    steps += [("fp32", "published", "relative-4"), ("fp32", "published", "relative-4-codebook-5")]
    ladder = [energy["sparch", *step] / 1e9 for step in steps]
    assert ladder == pytest.approx([47.9, 19.3, 10.1, 7.8, 3.83], rel=0.01)
    on_card = [energy["a100-pcie", *step] / energy["a100-pcie", *steps[0]] for step in steps]
    assert max(on_card[1:3]) < 0.3
    assert on_card[3:] == [1, 1]
    shares = table["energy_dram_pj"] / table["energy_dynamic_pj"]
    assert shares.min() > 0.7


def test_a_shipped_sweep_runs_by_name_and_draws_what_it_asks_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, ["run", "sparch-equal-area", "-o", "here", "--workers", "1"])
    assert found.exit_code == 0, found.output
    (picture,) = (tmp_path / "here").glob("*.png")
    assert picture.name == "sparch-equal-area-seconds-over-accelerator.merge_ways.png"
