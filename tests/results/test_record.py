"""One result as a flat record and as an object."""

import json
from dataclasses import fields

import pytest

from sparsesim.hardware import load_energy_table
from sparsesim.resources import RESOURCES
from sparsesim.results import Result
from sparsesim.results.columns import COUNTS, DETAILS, DRAM, ENERGY, TIME, Family
from sparsesim.simulation import reprice
from tests.results.made_up import made_up, refused

NESTED = {"axes", "time_s", "energy_pj", "dram_bytes", "counts", "details"}


def test_nested_fields_become_columns_of_their_family():
    record = made_up(counts={"mult_fp16": 24}, details={"tiles": 5, "loads": [1, 2]}).flat()
    assert (record["energy_dram_pj"], record["energy_sram_pj"], record["energy_total_pj"]) == (3.0, 0.0, 4.0)
    assert (record["dram_A_bytes"], record["count_mult_fp16"]) == (16, 24)
    assert (record["detail_tiles"], record["detail_loads"]) == (5, [1, 2])
    assert not NESTED & record.keys()


def test_core_fields_keep_their_names():
    record = made_up().flat()
    assert {entry.name for entry in fields(Result)} - NESTED <= record.keys()


@pytest.mark.parametrize("name", [*(entry.name for entry in fields(Result)), "energy_total_pj", "dram_A_bytes"])
def test_a_detail_never_overwrites_a_figure(name):
    plain, told = made_up(), made_up(details={name: -1})
    assert told.flat() == plain.flat() | {f"detail_{name}": -1}
    assert told.as_object() == plain.as_object() | {"details": {name: -1}}


def test_an_accelerator_that_calls_a_detail_macs_leaves_the_macs_alone():
    told = made_up(details={"macs": -1})
    assert (told.flat()["macs"], told.flat()["detail_macs"]) == (24, -1)
    assert (told.as_object()["macs"], told.as_object()["details"]["macs"]) == (24, -1)


def test_the_object_nests_and_totals_the_traffic():
    found = json.loads(json.dumps(made_up(details={"tiles": 5}).as_object()))
    assert found["dram_bytes"] == {"A": 16, "B": 24, "C": 12, "total": 52}
    assert found["counts"] == {"mult_fp16": 24}
    assert found["details"] == {"tiles": 5}
    assert found["energy_pj"] == {"dram": 3.0, "mac": 1.0, "dynamic": 4.0, "total": 4.0}


def test_a_refused_record_has_energies_of_zero():
    record = refused().flat()
    assert record["energy_total_pj"] == 0
    assert not [column for column in record if column.startswith(("count_", "dram_", "detail_"))]


def test_a_refused_record_has_no_figure_but_its_shape():
    shape = {"m": 2, "n": 3, "k": 4, "repeat": 1, "groups": 1, "a_nnz": 8, "a_density": 1.0, "b_density": 1.0}
    figures = {name: value for name, value in refused().flat().items() if not isinstance(value, str) and value}
    assert figures == shape


def test_the_columns_of_a_layer_in_their_order():
    assert " ".join(made_up(details={"tiles": 5}).flat()) == (
        "network layer pruner sparsity format machine energy_table weights dtype m n k repeat groups "
        "a_nnz a_density b_density point kernel unpacked empty_rows empty_columns a_bytes a_metadata_bits macs cycles "
        "seconds bottleneck utilisation bandwidth_utilisation power_w idle_w peak_macs_per_s peak_bytes_per_s "
        "simulation_seconds status note "
        "time_memory_s energy_dram_pj energy_sram_pj energy_register_pj energy_mac_pj energy_logic_pj "
        "energy_measured_pj energy_static_pj energy_dynamic_pj energy_total_pj "
        "dram_A_bytes dram_B_bytes dram_C_bytes count_mult_fp16 detail_tiles"
    )


@pytest.mark.parametrize("family", [ENERGY, DRAM, COUNTS, DETAILS])
@pytest.mark.parametrize("key", ["A", "prefetch_buffer.sram_read_bits", "a_pj", "x_bytes", "count_", "."])
def test_keys_come_back_from_their_columns(family, key):
    assert family.key(family.column(key)) == key


def test_words_come_back_from_their_columns():
    assert TIME.column("k-loop latency") == "time_k-loop_latency_s"
    assert [TIME.key(TIME.column(name)) for name in RESOURCES] == list(RESOURCES)
    assert not [name for name in RESOURCES if "_" in name]
    assert [TIME.key(column) for column in ("seconds", "time__s", "time_", "energy_dram_pj")] == [None] * 4


@pytest.mark.parametrize("column", ["energy_table", "dram__bytes", "a_bytes", "macs", "dram_bytes", "xdram_A_bytes"])
def test_other_columns_have_no_key(column):
    assert [family.key(column) for family in (ENERGY, DRAM, COUNTS, DETAILS)] == [None] * 4


def test_a_prefix_and_a_suffix_do_not_share_letters():
    assert Family("a_b", "b_c").key("a_b_c") is None


def test_a_finished_run_takes_the_prices_of_another_table(results):
    first = next(result for result in results if result.status == "ok")
    other = reprice(first, load_energy_table("gpu-7nm"))
    assert other.energy_table == "gpu-7nm"
    assert other.energy_pj["dram"] == pytest.approx(118 * sum(first.dram_bytes.values()))
    assert (other.cycles, other.seconds, other.counts) == (first.cycles, first.seconds, first.counts)


@pytest.mark.parametrize(
    ("read", "operands"),
    [
        ({"A": 0, "B": 0, "C": 8}, "L2"),
        ({"A": 0, "B": 1, "C": 8}, "L2 and DRAM"),
        ({"A": 63, "B": 0, "C": 8}, "L2 and DRAM"),
        ({"A": 64, "B": 0, "C": 8}, "DRAM"),
        ({"A": 65, "B": 5, "C": 8}, "DRAM"),
    ],
)
def test_operands_lie_where_they_were_read_from(read, operands):
    """A takes 32 bytes, and is read twice."""
    assert made_up(cycles=1, a_bytes=32, repeat=2, dram_bytes=read).operands == operands
    assert made_up(cycles=0, a_bytes=32, repeat=2, dram_bytes={}).operands == "DRAM"
