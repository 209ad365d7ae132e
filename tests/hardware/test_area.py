"""Areas: published parts that follow the fields of a machine, and decide no figure."""

import json

import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.errors import InputError
from sparsesim.hardware import load_machine, machine_names, with_fields
from sparsesim.studies.points import machine_hash

SPARCH = load_machine("sparch")
PARTS = {
    "merge tree": 17.27,
    "row prefetcher": 5.80,
    "column fetcher": 2.64,
    "partial writer": 2.34,
    "multipliers": 0.45,
}
"""mm2 at 40 nm (Zhang et al., SpArch, HPCA 2020)."""


def described(**area):
    sources = {"area": "assumed"}
    fields = {"name": "mine", "description": "SpArch of another size", "based_on": "sparch", "sources": sources}
    return load_machine(fields | {"area": area})


def test_sparch_has_the_published_area():
    assert SPARCH.area_by_part_mm2 == PARTS
    assert SPARCH.area_mm2 == pytest.approx(28.49, abs=0.02)
    assert SPARCH.area.node_nm == 40


def test_areas_that_are_not_published_are_not_known():
    known = [name for name in machine_names() if load_machine(name).area_mm2 is not None]
    assert known == ["sparch"]
    assert load_machine("a100-pcie").area_by_part_mm2 is None


@pytest.mark.parametrize(
    ("changes", "factors"),
    [
        ({"accelerator.merge_ways": 128}, {"merge tree": 7 / 6}),
        ({"accelerator.merge_ways": 2}, {"merge tree": 1 / 6}),
        # 8 x 8 blocks on the upper level, and 15 on the boundary of 4 x 4 comparators each.
        ({"accelerator.merger_elements_per_cycle": 32}, {"merge tree": (64 + 15 * 16) / (16 + 7 * 16)}),
        ({"accelerator.prefetch_lines": 512}, {"row prefetcher": 0.5}),
        ({"accelerator.prefetch_line_bytes": 1152}, {"row prefetcher": 2}),
        ({"accelerator.prefetch_lines": 256, "accelerator.prefetch_line_bytes": 2304}, {}),
        ({"accelerator.prefetcher": False}, {"row prefetcher": 1 / 1024}),
        ({"accelerator.lookahead_window": 4096}, {"column fetcher": 0.5}),
        ({"accelerator.writer_fifo_elements": 2048}, {"partial writer": 2}),
        ({"accelerator.macs_per_cycle.fp64": 32}, {"multipliers": 2}),
        ({"accelerator.macs_per_cycle.fp64": 8}, {}),  # there are still 16 of the other types
        ({"dram.bandwidth_bytes_per_s": "256 GB/s", "clock_hz": "2 GHz"}, {}),
    ],
)
def test_parts_follow_the_fields_that_they_grow_with(changes, factors):
    variant = with_fields(SPARCH, changes)
    expected = {part: mm2 * factors.get(part, 1) for part, mm2 in PARTS.items()}
    assert variant.area_by_part_mm2 == pytest.approx(expected)
    assert variant.area_mm2 == pytest.approx(sum(expected.values()))


def test_the_unit_has_one_area_however_the_machine_is_written():
    alone = SPARCH.only("condensed_outer_product")
    assert alone.area_by_part_mm2 == PARTS
    assert with_fields(alone, {"accelerator.prefetch_lines": 512}).area_by_part_mm2["row prefetcher"] == 2.9


def test_areas_decide_no_figure():
    larger = described(parts={"merge tree": {"mm2": 50}}, node_nm=28)
    assert larger.area_mm2 > SPARCH.area_mm2
    assert machine_hash(larger, None) == machine_hash(SPARCH, None)
    for path in ("area.node_nm", "area.parts.multipliers.mm2"):
        with pytest.raises(InputError, match=f"^sparch: {path}: a variant does not change this$"):
            with_fields(SPARCH, {path: 1})


def test_a_part_without_sizes_stays_as_it_is():
    machine = described(parts={"pads": {"mm2": 3}})
    assert machine.area_by_part_mm2 == {**PARTS, "pads": 3}
    assert with_fields(machine, {"accelerator.prefetch_lines": 1}).area_by_part_mm2["pads"] == 3


CARD = {
    "name": "card",
    "description": "an A100 with an area",
    "based_on": "a100-pcie",
    "area": {"node_nm": 7, "parts": {"SMs": {"mm2": 500, "grows_with": {"kernels.spmm.sms": 108}}}},
    "sources": {"area": "assumed"},
}


def test_areas_of_cards_grow_with_what_is_named():
    card = load_machine(CARD)
    assert with_fields(card, {"kernels.*.sms": 54}).area_mm2 == 250
    assert with_fields(card, {"kernels.gemm.sms": 54}).area_mm2 == 500
    assert card.only("spmm").area_mm2 == 500
    assert card.only("gemm").area_mm2 is None  # nothing is known of the kernel that it follows


@pytest.mark.parametrize(
    ("area", "message"),
    [
        ({"parts": {"x": {"mm2": 0}}}, "area.parts.x.mm2: 0: must be greater than 0"),
        ({"parts": {"x": {}}}, "area.parts.x.mm2: this field is required"),
        (
            {"parts": {"x": {"mm2": 1, "grow_with": {}}}},
            "area.parts.x.grow_with: unknown field, did you mean",
        ),
        ({"node_nm": -7}, "area.node_nm: -7: must be greater than 0"),
        (
            {"parts": {"x": {"mm2": 1, "grows_with": {"accelerator.size": 4}}}},
            "area: grows_with: accelerator.size: this machine has no such number or size",
        ),
        ({"parts": {"x": {"mm2": 1, "grows_with": {"accelerator.merge_ways": 0}}}}, "area.parts.x.grows_with."),
    ],
)
def test_faulty_areas_are_refused_in_one_line(area, message):
    with pytest.raises(InputError) as caught:
        described(**area)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_an_area_without_a_source_is_refused():
    with pytest.raises(InputError, match=r"no entry covers area\.node_nm, area\.parts\.SMs"):
        load_machine(CARD | {"sources": {}})


def test_the_command_line_shows_areas_where_they_are_known():
    shown = CliRunner().invoke(app, ["show", "machine", "sparch"]).output
    assert shown.index("area_mm2:\n  total: 28.5\n  merge tree: 17.27\n") < shown.index("sources:")
    told = json.loads(CliRunner().invoke(app, ["show", "machine", "sparch", "--json"]).output)
    assert told["area_mm2"] == {"total": 28.5, **PARTS}
    assert told["sources"]["area.parts.row prefetcher"].startswith("SpArch, HPCA 2020")
    assert "area_mm2" not in json.loads(CliRunner().invoke(app, ["show", "machine", "t4", "--json"]).output)
