"""Measured fp32 linear layers: how lines are read, and that errors on cards that nothing was fitted on stay small."""

import gzip

import pytest

from sparsesim.errors import InputError
from sparsesim.hardware import load_machine
from sparsesim.validation.fp32_linear import Fp32Linear, LinearTimes
from sparsesim.validation.published import load_published
from sparsesim.validation.tensor_core.runs import time_us

PUBLISHED = load_published("fp32-linear", LinearTimes)
HEADER = "op,device,B,M,N,K,latency_us,kernel"


def opened_on(data, *lines):
    path = data / PUBLISHED.table
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress("\n".join([HEADER, *lines]).encode()))
    return Fp32Linear(data, progress=lambda words: None)


def line(device="Tesla T4", batch=1, latency="1000", shape=(512, 1024, 2048)):
    m, n, k = shape
    return f"linear,{device},{batch},{m},{n},{k},{latency},sgemm"


def test_a_line_becomes_a_row_on_the_machine_of_its_card(tmp_path):
    (row,) = opened_on(tmp_path, line(batch=2)).rows()
    assert (row.case, row.metric, row.published) == ("t4, M1024 N1024 K2048", "time, us", 1000)
    assert (
        row.simulated == time_us(1024, 1024, 2048, "fp32", load_machine("t4").only("gemm"), sparse=False, runs=None)[0]
    )
    assert not row.fitted


def test_errors_and_limits_of_known_size_come_out(tmp_path):
    """Half of the simulated time measured on one card, all of it on another that its cap does not limit."""
    shape = (1024, 1024, 1024)
    times = {
        name: time_us(*shape, "fp32", load_machine(name).only("gemm"), False, None)[0] for name in ("t4", "v100-pcie")
    }
    lines = (
        line(latency=repr(times["t4"] / 2), shape=shape),
        line("Tesla V100-PCIE-32GB", 1, repr(times["v100-pcie"]), shape),
    )
    reference = opened_on(tmp_path, *lines)
    v100, t4 = reference.cases()
    assert (t4["card"], t4["products"], t4["error %"], t4["error ±%"], t4["largest %"]) == ("t4", 1, 100, 100, 100)
    assert (v100["card"], v100["error %"]) == ("v100-pcie", 0)
    rate = 2 * 1024**3 / times["t4"] / 1e6
    notes = reference.notes()
    assert (
        f"t4: power limits 1 of 1 products; median {2 * rate:.1f} TFLOP/s measured, {rate:.1f} simulated, peak 8.1"
        in notes
    )
    assert any(note.startswith("v100-pcie: power limits 0 of 1 products") for note in notes)
    assert "furthest off: t4, M1024 N1024 K1024: +100 %" in notes


def test_devices_without_a_machine_are_noted(tmp_path):
    reference = opened_on(tmp_path, line(), line("NVIDIA B300"), line("NVIDIA B300", shape=(8, 8, 8)))
    assert len(reference.rows()) == 1
    assert "NVIDIA B300: 2 products left out, no machine is named for it" in reference.notes()


@pytest.mark.parametrize(
    ("changed", "column"), [({"latency": "fast"}, "latency_us"), ({"batch": 0}, "B"), ({"shape": (1, "x", 1)}, "N")]
)
def test_a_bad_value_is_named_with_file_line_and_column(tmp_path, changed, column):
    with pytest.raises(InputError, match=rf"csv\.gz: line 2: {column}: "):
        opened_on(tmp_path, line(**changed))


def test_pictures_and_tables_are_written(tmp_path):
    written = opened_on(tmp_path, line(), line("NVIDIA L4")).write(tmp_path)
    assert [path.name for path in written] == ["fp32-linear-points.csv", "fp32-linear-points.png"]
    assert all(path.stat().st_size > 300 for path in written)


def test_every_card_is_met_within_what_is_published(opened):
    cases = {case["card"]: case for case in opened["fp32-linear"].cases()}
    assert {name: case["products"] for name, case in cases.items()} == dict.fromkeys(PUBLISHED.machines.values(), 1040)
    limits = {"a100-pcie": 10, "v100-pcie": 8, "t4": 10, "l4": 11.5}
    assert all(cases[name]["error %"] < limit for name, limit in limits.items())


def test_small_cards_run_at_their_power_cap(opened):
    """Half of the peak and less, as measured: 3.9 of 8.1 and 8.8 of 30.3 TFLOP/s."""
    limited = {figures["card"]: figures for figures in opened["fp32-linear"].note_figures()["power"]}
    for card in ("t4", "l4"):
        assert limited[card]["limited"] == limited[card]["products"]
        assert limited[card]["simulated"] == pytest.approx(limited[card]["measured"], rel=0.05)
        assert limited[card]["simulated"] < limited[card]["peak"] / 2
    assert limited["a100-pcie"]["limited"] == limited["v100-pcie"]["limited"] == 0
