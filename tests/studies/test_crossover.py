"""Where one side overtakes another: found exactly, held against simulations of their own, and told with its doubts."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sparsesim as ss
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks import load_network
from sparsesim.studies import crossover as package_name
from sparsesim.studies.crossover import AXES, BAND, Contender, Point, crossings_of, regions_of, workloads
from sparsesim.studies.crossover.axes import axis_named
from sparsesim.studies.crossover.contenders import as_contender
from sparsesim.studies.crossover.search import is_monotone, searched
from sparsesim.studies.labels import content_hash

DENSE, PACKED = "dense@a100-pcie", "nm-2:4@a100-pcie"
LEVELS = (1 / 1.1, 1.0, 1.1)


def seconds(m, n, k, format, sparsity, machine="a100-pcie"):
    (result,) = ss.gemm(m, n, k, machine, format, "fp16", sparsity)
    return result.seconds


@given(st.integers(2, 400), st.integers(1, 399), st.integers(2, 9))
def test_a_single_crossing_is_told_to_the_step_with_few_points(last, at, count):
    """A ratio that jumps from 0.5 to 2 at one step."""
    at = min(at, last)
    grid = sorted({round(last * n / (count - 1)) for n in range(count)})
    looked = searched(lambda step: 2.0 if step >= at else 0.5, grid, LEVELS)
    assert looked[at] > 1 > looked[at - 1]
    assert len(looked) <= len(grid) + 10
    assert list(looked) == sorted(looked)


@settings(max_examples=60)
@given(st.lists(st.sampled_from([0.5, 0.95, 1.0, 1.05, 2.0]), min_size=2, max_size=60), st.integers(2, 12))
def test_every_change_that_the_points_show_ends_at_neighbours(ratios, count):
    last = len(ratios) - 1
    grid = sorted({round(last * n / (count - 1)) for n in range(count)})
    looked = searched(ratios.__getitem__, grid, LEVELS)
    for (low, before), (high, after) in pairwise(looked.items()):
        assert high - low == 1 or before == after


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ([0.5, 0.9, 1.2, 2.0], [(2, "first", 1)]),
        ([2.0, 1.2, 0.9], [(2, "second", 1)]),
        ([0.5, 1.5, 0.5], [(1, "first", 0), (2, "second", 1)]),
        ([0.5, 1.0, 1.0, 1.5], [(3, "first", 0)]),  # level in between
        ([0.5, 1.0, 0.5], []),
        ([1.0, 1.0, 1.5], [(2, "first", None)]),
        ([1.5, 1.0, 1.0], []),
        ([0.5, 0.6], []),
        ([1.0, 1.0], []),
    ],
)
def test_crossings_by_hand(ratios, expected):
    points = made(ratios)
    found = crossings_of(points, regions_of(points, 0.1))
    assert [(each.value, each.ahead, each.before) for each in found] == expected


def made(ratios):
    return [Point(value, 1.0, ratio, ratio, "one", "two") for value, ratio in enumerate(ratios)]


def test_regions_by_hand():
    points = made([0.5, 0.92, 1.0, 1.09, 1.2, 1.3])
    regions = regions_of(points, 0.1)
    assert [(each.low, each.high, each.ahead) for each in regions] == [
        (0, 0, "second"),
        (1, 3, "neither"),
        (4, 5, "first"),
    ]
    (crossing,) = crossings_of(points, regions)
    assert (crossing.value, crossing.low, crossing.high) == (3, 1, 3)
    jump = made([0.5, 2.0])
    (crossing,) = crossings_of(jump, regions_of(jump, 0.1))
    assert (crossing.low, crossing.high) == (None, None)


def test_a_small_fall_is_rounding_and_a_large_one_is_not():
    assert is_monotone([1.0, 1.5, 1.495, 2.0])
    assert is_monotone([2.0, 1.0, 1.0])
    assert not is_monotone([1.0, 1.5, 1.4])
    assert not is_monotone([1.5, 1.0, 1.1])
    assert not is_monotone([1.0, 1.5, 1.493, 1.485, 1.48])  # many small falls


@pytest.fixture(scope="module")
def over_sparsity():
    return ss.crossover("csr@a100-pcie", DENSE, gemm=(64, 1024, 1024), low=0.6, resolution=0.01, points=5)


def test_the_lead_changes_exactly_there(over_sparsity):
    """By simulations that know nothing of a search."""
    (crossing,) = over_sparsity.crossings
    assert crossing.ahead == "first"
    dense = seconds(64, 1024, 1024, "dense", "0.9")
    at, before = (seconds(64, 1024, 1024, "csr", str(value)) for value in (crossing.value, crossing.before))
    assert crossing.value - crossing.before == pytest.approx(0.01)
    assert at < dense <= before
    assert crossing.ratio == dense / at
    assert crossing.ratio_before == dense / before


def test_the_band_ends_where_the_ratio_leaves_it(over_sparsity):
    (crossing,) = over_sparsity.crossings
    ratios = {point.value: point.ratio for point in over_sparsity.points}
    low, high = crossing.low, crossing.high
    assert low <= crossing.before < crossing.value <= high
    assert ratios[low] >= 1 / (1 + BAND) > ratios[round(low - 0.01, 9)]
    assert ratios[high] <= 1 + BAND < ratios[round(high + 0.01, 9)]
    assert [region.ahead for region in over_sparsity.regions] == ["second", "neither", "first"]


def test_the_answer_says_all_of_it(over_sparsity):
    (crossing,) = over_sparsity.crossings
    (line,) = over_sparsity.answer
    at, before, low, high = (
        f"{100 * value:g} %" for value in (crossing.value, crossing.before, crossing.low, crossing.high)
    )
    assert line == (
        f"csr@a100-pcie overtakes dense@a100-pcie at sparsity {at} ({crossing.ratio:.4g}x; "
        f"{crossing.ratio_before:.4g}x at {before}); within 10 % of each other from {low} to {high}."
    )


def test_the_order_of_the_sides_turns_the_ratio_over_and_nothing_else(over_sparsity):
    other = ss.crossover(DENSE, "csr@a100-pcie", gemm=(64, 1024, 1024), low=0.6, resolution=0.01, points=5)
    ratios = [1 / point.ratio for point in other.points]
    assert ratios == pytest.approx([point.ratio for point in over_sparsity.points])
    assert [(each.value, each.ahead) for each in other.crossings] == [(over_sparsity.crossings[0].value, "second")]
    assert other.answer[0].startswith("csr@a100-pcie overtakes dense@a100-pcie at sparsity")


def test_sizes_are_told_to_the_row():
    found = ss.crossover(PACKED, DENSE, "size", pruner="2:4", low=512, high=2048)
    crossing = found.crossings[0]
    assert crossing.ahead == "first"
    assert crossing.value - crossing.before == 1
    for size, faster in ((int(crossing.value), True), (int(crossing.before), False)):
        dense, packed = (seconds(size, size, size, format, "2:4") for format in ("dense", "nm-2:4"))
        assert (packed < dense) is faster


def test_several_crossings_are_all_told():
    """Waves of tiles come and go with the tokens, at other numbers for 2:4 kernels than for dense ones."""
    sides = "nm-2:4@h100-pcie", "dense@h100-pcie"
    found = ss.crossover(*sides, "size", gemm=("S", 768, 3072), pruner="2:4", low=1024, points=20, resolution=32)
    assert len(found.crossings) >= 3
    leaders = [each.ahead for each in found.crossings]
    assert all(one != other for one, other in pairwise(leaders))
    assert f"There are {len(leaders)} crossings." in found.answer
    assert any("rises and falls" in line for line in found.answer)


def test_a_side_that_never_wins_is_told_with_both_ends():
    found = ss.crossover("csr@titan-x", "dense@titan-x", gemm=(64, 256, 256), high=0.6, points=2, resolution=0.05)
    assert found.crossings == ()
    assert [region.ahead for region in found.regions] == ["second"]
    slow, less_slow = (1 / point.ratio for point in (found.points[0], found.points[-1]))
    (line,) = found.answer
    assert line == (
        "csr@titan-x never overtakes dense@titan-x within [50 %, 60 %]: the latter is "
        f"{slow:.3g}x as fast at sparsity 50 %, {less_slow:.3g}x at 60 %."
    )
    assert slow > less_slow > 1


def test_sides_that_run_the_same_are_level_and_the_star_says_why():
    found = ss.crossover("csr@v100", "dense@v100", gemm=(64, 256, 256), points=3)
    assert {point.ratio for point in found.points} == {1.0}
    assert found.answer[0] == "csr@v100 and dense@v100 are level throughout."
    assert found.answer[1].startswith("csr@v100: no kernel takes the format")
    assert {point.first_kernel for point in found.points} == {"gemm*"}


def test_a_network_has_the_figures_of_compare():
    found = ss.crossover(PACKED, DENSE, "batch", network="digits-cnn", pruner="2:4", low=1, high=64, points=3)
    for point in found.points:
        table = ss.compare("digits-cnn", "a100-pcie", ["dense", "nm-2:4"], "2:4", batch=int(point.value))
        times = dict(zip(table["format"], table["seconds"], strict=True))
        assert (point.first, point.second) == pytest.approx((times["nm-2:4"], times["dense"]), rel=1e-12)
        assert point.ratio == pytest.approx(times["dense"] / times["nm-2:4"], rel=1e-12)


def test_a_batch_of_a_gemm_is_so_many_times_its_tokens():
    found = ss.crossover(PACKED, DENSE, "batch", gemm=(16, 256, 256), pruner="2:4", low=2, high=8, points=2)
    for point in found.points:
        tokens = 16 * int(point.value)
        assert point.first == seconds(tokens, 256, 256, "nm-2:4", "2:4")
        assert point.second == seconds(tokens, 256, 256, "dense", "2:4")
    assert found.workload == "GEMM batch x 16 x 256 x 256, 2:4"


def test_energy_is_compared_without_idle_power_where_only_one_side_has_it():
    options = {"network": "digits-cnn", "points": 2, "resolution": 0.05, "high": 0.9, "figure": "energy"}
    found = ss.crossover("csr@sparch", DENSE, **options)
    table = ss.compare("digits-cnn", ["sparch", "a100-pcie"], ["csr", "dense"], "magnitude@0.9")
    energies = {(row.machine, row.format): row for row in table.itertuples()}
    last = found.points[-1]
    assert last.first == pytest.approx(energies["sparch", "csr"].energy_dynamic_pj, rel=1e-12)
    assert last.second == pytest.approx(energies["a100-pcie", "dense"].energy_dynamic_pj, rel=1e-12)
    assert "Energies are dynamic: no idle power is published for sparch." in found.answer
    alike = ss.crossover("nm-2:4@a100-pcie+2:4", DENSE, **options)
    own = ss.compare("digits-cnn", "a100-pcie", "dense", "magnitude@0.9")
    assert alike.points[-1].second == pytest.approx(own["energy_total_pj"].item(), rel=1e-12)


def test_a_side_may_have_a_pruner_of_its_own():
    found = ss.crossover("csr@sparch", "nm-2:4@a100-pcie+2:4", network="digits-cnn", points=2, resolution=0.05)
    fixed = ss.compare("digits-cnn", "a100-pcie", "nm-2:4", "2:4")["seconds"].item()
    assert {point.second for point in found.points} == {fixed}
    assert len({point.first for point in found.points}) == len(found.points)


def test_blocks_are_pruned_from_seeded_weights():
    found = ss.crossover("bsr-8x1@a100-pcie", DENSE, gemm=(64, 512, 512), pruner="block-8x1", points=2, high=0.9)
    assert {point.first_kernel for point in found.points} == {"vector-spmm"}
    dense_first = ss.gemm(64, 512, 512, "a100-pcie", "bsr-8x1", "fp16", "block-8x1@0.9")[0]
    assert found.points[-1].first == dense_first.seconds
    assert dense_first.sparsity == pytest.approx(0.9, abs=0.001)


def test_a_network_is_prepared_once_for_both_sides(monkeypatch):
    prepared, streamed = [], workloads.lowered_layers

    def counted(*arguments, **options):
        prepared.append(arguments)
        return streamed(*arguments, **options)

    monkeypatch.setattr(workloads, "lowered_layers", counted)
    looked = []
    options = {"network": "digits-cnn", "points": 3, "resolution": 0.1, "on_point": looked.append}
    found = ss.crossover("csr@sparch", DENSE, **options)
    assert sorted(looked, key=lambda point: point.value) == list(found.points)
    assert len(prepared) == len(found.points)


def test_the_object_holds_everything(over_sparsity):
    told = over_sparsity.as_object()
    assert told["first"] == "csr@a100-pcie"
    assert told["over"] == "sparsity"
    assert len(told["points"]) == len(over_sparsity.points)
    assert told["crossings"][0]["value"] == over_sparsity.crossings[0].value
    assert told["answer"] == over_sparsity.answer


def test_grids_have_both_ends_and_stay_on_the_lattice():
    for name in AXES:
        axis = axis_named(name)
        values = [axis.value(step) for step in axis.grid]
        assert (values[0], values[-1]) == (axis.low, axis.high)
        assert len(values) == axis.points
        gaps = [high - low for low, high in pairwise(values)]
        assert gaps == sorted(gaps, reverse=name == "sparsity")  # close where speed changes fast
    inside = axis_named("size", low=65, high=1000, resolution=64)
    assert [inside.value(step) for step in (inside.grid[0], inside.grid[-1])] == [128, 960]
    assert axis_named("sparsity", resolution=0.001).value(7) == 0.007


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("csr@a100-pcie", ("csr", "a100-pcie", None)),
        ("nm-2:4@a100-pcie+2:4", ("nm-2:4", "a100-pcie", "2:4")),
        ("csr@card.yaml+magnitude@0.9", ("csr", "card.yaml", "magnitude@0.9")),
    ],
)
def test_contenders_as_they_are_written(text, expected):
    found = as_contender(text)
    assert (found.format, found.machine, found.pruner) == expected
    assert as_contender(found) is found


GEMM = {"gemm": (8, 8, 8)}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"first": "csr"}, "contender: 'csr': FORMAT@MACHINE"),
        ({"first": "@sparch"}, "contender: '@sparch'"),
        ({"first": "csr@sparch+"}, "contender: 'csr@sparch\\+'"),
        ({"first": 3}, "contender: 3"),
        ({"first": DENSE}, "are equal in everything"),
        ({"first": "cssr@sparch"}, "unknown format 'cssr'"),
        ({"first": "csr@spark"}, "unknown machine 'spark'"),
        ({"over": "sparcity"}, "unknown axis 'sparcity'"),
        ({"over": "batch", "pruner": "2:4", "gemm": ("S", 8, 8)}, "gemm: S stands for the size"),
        ({"over": "size"}, "gemm: no side is S"),
        ({"over": "batch", "gemm": None}, "over: batch of what"),
        ({"over": "size", "gemm": None, "network": "digits-cnn"}, "over: a network has the sizes"),
        ({"network": "digits-cnn"}, "network and gemm: give one"),
        ({"gemm": (8, 8)}, "gemm: 2 sides"),
        ({"gemm": (8, 0, 8)}, "gemm: 0: a side"),
        ({"gemm": (8, True, 8)}, "gemm: True: a side"),
        ({"pruner": "2:4"}, "over: sparsity changes nothing under 2:4"),
        ({"pruner": "magnitude@0.5"}, "over: sparsity changes nothing under magnitude"),
        ({"pruner": "magnitude@x"}, "'x' is no sparsity"),
        ({"over": "batch"}, "pruner: magnitude needs a sparsity"),
        ({"low": 0.9, "high": 0.8}, "to: 0.8: must be above from, 0.9"),
        ({"high": 1}, "to: 1: a sparsity of at least 0 and less than 1"),
        ({"low": -0.1}, "from: -0.1"),
        ({"low": float("nan")}, "from: nan: a number"),
        ({"over": "batch", "low": 1.5, "pruner": "2:4"}, "from: 1.5: a batch is a whole number"),
        ({"over": "batch", "low": 0, "pruner": "2:4"}, "from: 0: a batch of at least 1"),
        ({"resolution": 0}, "resolution: 0: from 1e-09 to 0.1"),
        ({"points": 1}, "points: 1: from 2 to"),
        ({"points": True}, "points: True"),
        ({"figure": "speed"}, "unknown figure 'speed'"),
        ({"band": -1}, "band: -1"),
        ({"band": True}, "band: True"),
        ({"seed": -1}, "seed: -1"),
        ({"dtype": "fp17"}, "fp17"),
        ({"engine": "slow"}, "unknown engine 'slow'"),
        (
            {"network": "digits-cnn", "gemm": None, "pruner": "wanda"},
            "needs what the layers read|needs the inputs|inputs",
        ),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work(monkeypatch, options, words):
    def never(*_, **__):
        raise AssertionError("something was simulated")

    monkeypatch.setattr(workloads, "gemm", never)
    monkeypatch.setattr(workloads, "lowered_layers", never)
    given = {"first": "csr@a100-pcie", "second": DENSE} | GEMM | options
    with pytest.raises((InputError, UnknownNameError), match=words):
        ss.crossover(**given)


def test_a_side_that_refuses_a_point_is_named_with_it():
    with pytest.raises(InputError, match=r"^nm-2:4@a100-pcie: sparsity 50 %: .*A in"):
        ss.crossover(PACKED, DENSE, gemm=(8, 64, 64))


def test_machines_of_one_name_get_what_differs():
    card = ss.load_machine("a100-pcie")
    slow = card.model_copy(update={"clock_hz": card.clock_hz // 2})
    found = ss.crossover(Contender("dense", slow), DENSE, "size", pruner="none", points=2, high=512)
    assert found.first != found.second
    assert found.first.startswith("dense@a100-pcie (")
    assert content_hash(card) != content_hash(slow)


def test_the_public_function_is_the_one_of_the_studies():
    assert ss.crossover is package_name
    assert load_network("digits-cnn").name == "digits-cnn"
