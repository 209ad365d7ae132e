"""Axes of a sweep: settings, fields of machines, equal resources, zips, filters, and the same as objects of Python."""

import json

import numpy as np
import pytest
import yaml

import sparsesim as ss
from sparsesim.hardware import scaled_to, with_fields
from sparsesim.results import point_tables, result_table
from sparsesim.studies import load_sweep, resolved, run_task
from sparsesim.studies.points import machine_hash

SWEEP = {
    "name": "axes",
    "networks": ["digits-cnn"],
    "pruners": ["2:4"],
    "formats": ["dense", "nm-2:4"],
    "machines": ["a100-pcie"],
}
BANDWIDTH, WAYS = "dram.bandwidth_bytes_per_s", "accelerator.merge_ways"
SPARCH = {"name": "sparch", "set": {BANDWIDTH: ["64 GB/s", "128 GB/s"], WAYS: [32, 64]}}


def grid_of(**fields):
    return resolved(load_sweep(SWEEP | fields))


def results_of(grid):
    return [result for task in grid.tasks for result in run_task(task)]


def figures(results):
    """What results say, without what they are called and how long the simulation took."""
    kept = (
        "seconds",
        "cycles",
        "energy_pj",
        "energy_table",
        "dram_bytes",
        "counts",
        "layer",
        "format",
        "dtype",
        "point",
    )
    return [json.dumps({name: getattr(result, name) for name in kept}, sort_keys=True) for result in results]


def test_settings_are_axes_and_their_figures_are_those_of_each_alone():
    axes = {"batch": [1, 4], "dtype": ["fp16", "int8"], "activation_density": [1, 0.5], "engine": ["fast", "event"]}
    grid = grid_of(**axes)
    assert grid.points == 2 * 2**4
    together = results_of(grid)
    alone = [
        result
        for batch in axes["batch"]
        for dtype in axes["dtype"]
        for density in axes["activation_density"]
        for engine in axes["engine"]
        for result in results_of(grid_of(batch=batch, dtype=dtype, activation_density=density, engine=engine))
    ]
    assert figures(together) == figures(alone)
    assert len({result.point for result in together}) == grid.points
    assert together[0].axes == {"batch": 1, "dtype": "fp16", "activation_density": 1, "engine": "fast"}
    assert together[0].network == "digits-cnn (batch 1, fp16, density 1, fast)"
    assert together[-1].network == "digits-cnn (batch 4, int8, density 0.5, event)"


def test_one_value_is_no_axis_and_changes_no_label():
    grid = grid_of(batch=[4], dtype=["fp16"], activation_density={"log2": [0.5, 1]})
    assert {point.network for task in grid.tasks for point in task.points} == {
        "digits-cnn (density 0.5)",
        "digits-cnn (density 1)",
    }
    assert figures(results_of(grid_of(batch=[4]))) == figures(results_of(grid_of(batch=4)))
    assert results_of(grid_of(batch=[4]))[0].network == "digits-cnn"


def test_axes_are_columns_of_tables_and_every_point_has_its_own_baseline():
    grid = grid_of(
        pruners="none",
        batch=[1, 256],
        formats=["dense", "csr"],
        machines=[{"name": "a100-pcie", "set": {BANDWIDTH: ["1 TB/s", "2 TB/s"]}}],
    )
    references = [result for task in grid.references for result in run_task(task)]
    table = point_tables(results_of(grid), grid.baseline, references).compared
    assert table["axis_batch"].tolist() == [1] * 4 + [256] * 4
    assert table[f"axis_{BANDWIDTH}"].tolist() == [10**12, 10**12, 2 * 10**12, 2 * 10**12] * 2
    dense = table[table["format"] == "dense"]
    assert dense["speedup"].tolist() == [1] * 4
    assert not table.duplicated(["network", "pruner", "sparsity", "format", "machine"]).any()


def test_fields_of_machines_are_axes():
    grid = grid_of(machines=[SPARCH, "a100-pcie"], formats="csr")
    names = [machine.name for machine in grid.machines]
    assert names == [
        "sparch (64 GB/s, merge_ways=32)",
        "sparch (64 GB/s, merge_ways=64)",
        "sparch (128 GB/s, merge_ways=32)",
        "sparch (128 GB/s, merge_ways=64)",
        "a100-pcie",
    ]
    third = grid.tasks[0].points[2]
    assert third.axes == {BANDWIDTH: 128 * 10**9, WAYS: 32}
    assert grid.machines[2].sources[BANDWIDTH] == "swept"
    same = with_fields(ss.load_machine("sparch"), {BANDWIDTH: "128 GB/s", WAYS: 32})
    assert machine_hash(grid.machines[2], None) == machine_hash(same, None)
    assert grid.tasks[0].points[4].axes == {}


def test_machines_are_scaled_to_equal_resources():
    equal = ["as-published", {"macs_per_cycle": "a100-pcie"}, {"bandwidth": "900 GB/s"}]
    grid = grid_of(machines=["sparch", "a100-pcie"], equal=equal, formats="csr")
    names = [machine.name for machine in grid.machines]
    assert names == [
        "sparch",
        "sparch (macs_per_cycle of a100-pcie)",
        "sparch (bandwidth 900 GB/s)",
        "a100-pcie",
        "a100-pcie (bandwidth 900 GB/s)",
    ]
    wide = scaled_to(ss.load_machine("sparch"), "macs_per_cycle", ss.load_machine("a100-pcie"))
    assert machine_hash(grid.machines[1], None) == machine_hash(wide, None)
    assert {machine.dram.bandwidth_bytes_per_s for machine in grid.machines[2::2]} == {900 * 10**9}
    assert [point.axes["equal"] for point in grid.tasks[0].points[:2]] == [
        "as-published",
        "macs_per_cycle of a100-pcie",
    ]
    (told,) = grid.left_out_in_words
    assert told.startswith("1 point is left out: scaled to equal resources a machine is what it is as published")


def test_zipped_axes_go_together_over_machines_settings_and_pruners():
    zipped = grid_of(machines=SPARCH, batch=[1, 4], zip=[["batch", BANDWIDTH, "accelerator.merge_ways"]])
    found = {(point.axes["batch"], point.axes[BANDWIDTH], point.axes[WAYS]) for t in zipped.tasks for point in t.points}
    assert found == {(1, 64 * 10**9, 32), (4, 128 * 10**9, 64)}
    pruners = [{"name": "magnitude", "sparsity": [0.5, 0.9]}, "2:4"]
    grid = grid_of(pruners=pruners, batch=[1, 4], zip=[["sparsity", "batch"]], formats="csr")
    assert [(task.method.label, task.method.asked_sparsity, task.lowering.batch) for task in grid.tasks] == [
        ("magnitude", 0.5, 1),
        ("nm-2:4", 0.5, 1),
        ("magnitude", 0.9, 4),
        ("nm-2:4", 0.5, 4),
    ]
    grid = grid_of(pruners=["none", "2:4"], formats=["dense", "nm-2:4"], zip=[["pruners", "formats"]])
    assert [(task.method.label, point.format) for task in grid.tasks for point in task.points] == [
        ("none", "dense"),
        ("nm-2:4", "nm-2:4"),
    ]


@pytest.mark.parametrize(
    ("filter", "left"),
    [
        ({"batch": ">1"}, {1}),
        ({"batch": ">=16"}, {1, 4}),
        ({"batch": "<= 4"}, {16}),
        ({"batch": "!=4"}, {4}),
        ({"batch": 4}, {1, 16}),
        ({"batch": [1, "> 4"]}, {4}),
        ({"batch": "1*"}, {4}),
    ],
)
def test_filters_take_values_comparisons_patterns_and_lists(filter, left):
    grid = grid_of(batch=[1, 4, 16], skip=filter)
    assert {point.axes["batch"] for task in grid.tasks for point in task.points} == left
    only = grid_of(batch=[1, 4, 16], only=filter)
    assert {point.axes["batch"] for task in only.tasks for point in task.points} == {1, 4, 16} - left
    assert sum(grid.left_out.values()) + grid.points == 6


def test_filters_look_at_all_parts_of_a_point_and_are_counted_by_reason():
    skip = [
        {"format": "nm-*", "pruner": "magnitude", "why": "no 2:4 pattern"},
        {"machine": "sparch", BANDWIDTH: "<100 GB/s", "format": "dense"},
        {"machine": "sparch*", "format": "nm-*", "why": "no 2:4 pattern"},
        {"network": "alexnet"},
    ]
    pruners = ["2:4", {"name": "magnitude", "sparsity": 0.5}]
    machines = [{"name": "sparch", "set": {BANDWIDTH: ["64 GB/s", "128 GB/s"]}}, "a100-pcie"]
    grid = grid_of(pruners=pruners, machines=machines, skip=skip)
    # 12 points: magnitude in nm-2:4 on three machines; dense at 64 GB/s under both; 2:4 in nm-2:4 on both sparch.
    second = f"machine sparch, {BANDWIDTH} <100 GB/s, format dense"
    assert grid.left_out == {"no 2:4 pattern": 5, second: 2, "network alexnet": 0}
    assert grid.points == 5
    assert grid.left_out_in_words[-1] == "no point matches this filter: network alexnet"
    only = grid_of(pruners=pruners, machines=machines, only=[{"sparsity": 0.5, "format": "csr"}, {"pruner": "2:4"}])
    assert only.left_out == {"only others are asked for": 6, "only: sparsity 0.5, format csr": 0}


def test_a_sweep_that_skips_points_runs_the_others_and_their_references():
    skip = [{"batch": 4, "machine": "a100-pcie"}, {"pruner": "none", "batch": 1}]
    grid = grid_of(pruners=["2:4", "none"], machines=["a100-pcie", "titan-x"], batch=[1, 4], skip=skip)
    references = [result for task in grid.references for result in run_task(task)]
    assert {(result.network, result.machine) for result in references} == {
        ("digits-cnn (batch 1)", "a100-pcie"),
        ("digits-cnn (batch 1)", "titan-x"),
        ("digits-cnn (batch 4)", "titan-x"),
    }
    table = point_tables(results_of(grid), grid.baseline, references).compared
    assert table[table["status"] == "ok"]["speedup"].notna().all()


def test_several_energy_tables_price_one_simulation():
    tables = ["horowitz-45nm", "own", "sparch-40nm"]
    grid = grid_of(energy_table=tables, machines="sparch", formats="csr")
    (task,) = grid.tasks
    assert [None if table is None else table.name for table in task.tables] == [None, "horowitz-45nm", "sparch-40nm"]
    apart = [
        result
        for table in ["own", *tables[::2]]
        for result in results_of(grid_of(energy_table=table, machines="sparch", formats="csr"))
    ]
    found = result_table(results_of(grid)).sort_values("point", kind="stable")
    wanted = result_table(apart).sort_values("point", kind="stable")
    for column in ("point", "seconds", "energy_total_pj", "energy_dram_pj", "energy_table", "layer"):
        assert sorted(zip(found["point"], found["layer"], found[column], strict=True)) == sorted(
            zip(wanted["point"], wanted["layer"], wanted[column], strict=True)
        )
    assert set(found["network"]) == {
        f"digits-cnn ({words})" for words in ("own prices", "horowitz-45nm", "sparch-40nm")
    }


def test_baselines_name_swept_parts_by_their_label_or_short_if_only_one_is_meant():
    machines = [SPARCH, {"name": "a100-pcie", "set": {BANDWIDTH: "1 TB/s"}}]
    short = grid_of(machines=machines, baseline={"machine": "a100-pcie"}, batch=[1, 4])
    assert short.baseline == {"machine": "a100-pcie (1 TB/s)"}
    label = "sparch (64 GB/s, merge_ways=64)"
    assert grid_of(machines=machines, baseline={"machine": label}).baseline == {"machine": label}
    table = point_tables(results_of(short), short.baseline, ()).compared
    assert table[table["machine"] == "a100-pcie (1 TB/s)"]["speedup"].eq(1).all()


def test_layers_and_tokens_of_an_entry_are_axes():
    grid = grid_of(networks={"name": "digits-cnn", "layers": ["conv*", "fc*"]})
    assert [(t.network.label, t.points[0].axes) for t in grid.tasks] == [
        ("digits-cnn[conv*]", {"layers": "conv*"}),
        ("digits-cnn[fc*]", {"layers": "fc*"}),
    ]
    assert [[layer.name for layer in task.network.layers] for task in grid.tasks] == [
        ["conv1", "conv2"],
        ["fc1", "fc2"],
    ]


def test_tokens_are_an_axis_of_networks_that_take_them(tmp_path):
    config = {"model_type": "bert", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config |= {"intermediate_size": 128, "vocab_size": 100, "max_position_embeddings": 512, "type_vocab_size": 2}
    (tmp_path / "config.json").write_text(json.dumps(config))
    fields = {"networks": str(tmp_path / "config.json"), "tokens": [16, 64], "batch": [1, 2], "formats": "dense"}
    grid = grid_of(**fields)
    assert [(point.axes["tokens"], point.axes["batch"]) for t in grid.tasks for point in t.points] == [
        (16, 1),
        (16, 2),
        (64, 1),
        (64, 2),
    ]
    assert len({point.network for task in grid.tasks for point in task.points}) == 4
    zipped = grid_of(**fields, zip=[["batch", "tokens"]])
    assert [(p.axes["tokens"], p.axes["batch"]) for t in zipped.tasks for p in t.points] == [(16, 1), (64, 2)]


def test_objects_of_python_stand_beside_names_and_give_the_same_points():
    network, machine = ss.load_network("digits-cnn"), ss.load_machine("a100-pcie")
    mine = ss.Sweep(
        name="axes",
        networks=[network],
        pruners=[ss.method_by_name("2:4"), ss.pruner_by_name("magnitude", 0.5)],
        formats=[ss.format_by_name("dense"), "nm-2:4"],
        machines=[machine, {"name": ss.load_machine("sparch"), "set": {WAYS: np.array([32, 64])}}],
        energy_table=[ss.load_energy_table("horowitz-45nm")],
        equal="as-published",
    )
    named = grid_of(
        pruners=["2:4", {"name": "magnitude", "sparsity": 0.5}],
        machines=["a100-pcie", {"name": "sparch", "set": {WAYS: [32, 64]}}],
        energy_table="horowitz-45nm",
    )
    grid = resolved(load_sweep(mine))
    assert [task.points for task in grid.tasks] == [task.points for task in named.tasks]
    ran = [result for _, results in ss.run_sweep(mine) for result in results]
    assert {result.point for result in ran} == {point.hash for task in grid.tasks for point in task.points}


def test_yaml_says_the_same_as_python(tmp_path):
    fields = SWEEP | {"batch": {"log2": [1, 4]}, "machines": [SPARCH], "skip": [{"batch": "> 2", "why": "too many"}]}
    path = tmp_path / "axes.yaml"
    path.write_text(yaml.safe_dump(fields, sort_keys=False))
    written, called = resolved(load_sweep(path)), resolved(ss.Sweep(**fields))
    assert [task.points for task in written.tasks] == [task.points for task in called.tasks]
    assert written.left_out == {"too many": 8}


def test_a_hundred_thousand_points_hash_each_part_once(monkeypatch):
    from sparsesim import identity
    from sparsesim.studies import points

    calls = []
    monkeypatch.setattr(
        points, "network_hash", lambda network, found=points.network_hash: calls.append(1) or found(network)
    )
    hashed = []
    monkeypatch.setattr(
        points, "canonical_text", lambda value, found=identity.canonical_text: hashed.append(1) or found(value)
    )
    wide = {"name": "sparch", "set": {BANDWIDTH: {"linear": ["10 GB/s", "29 GB/s", 20]}}}
    formats = ["dense", "csr", "coo", "csc", "bitmap"]
    grid = grid_of(machines=wide, formats=formats, batch={"linear": [1, 10, 10]})
    assert grid.points == 20 * 5 * 10
    assert len({point.hash for task in grid.tasks for point in task.points}) == grid.points
    assert len(calls) == 1
    assert not hashed
    point = grid.tasks[3].points[7]
    task = grid.tasks[3]
    assert point.hash == task.case.point(point.format, machine_hash(task.machines[point.machine], task.tables[0]))


def test_a_point_that_several_filters_match_is_counted_under_the_first():
    skip = [{"batch": 1, "why": "one"}, {"format": "dense", "why": "two"}]
    assert grid_of(batch=[1, 4], skip=skip).left_out == {"one": 2, "two": 1}
    assert grid_of(batch=[1, 4], skip=[*skip[:1], {"batch": "<4", "why": "the same"}]).left_out == {"one": 2}


@pytest.mark.parametrize("kept", [{"skip": {"machine": "a100-pcie"}}, {"only": {"batch": 4, BANDWIDTH: "128 GB/s"}}])
def test_a_task_has_the_machines_of_its_points_alone_and_their_identities(kept):
    grid = grid_of(machines=["a100-pcie", SPARCH], batch=[1, 4], **kept)
    for task in grid.tasks:
        assert {point.machine for point in task.points} == set(range(len(task.machines)))
        for point in task.points:
            machine = task.machines[point.machine]
            assert machine.name.startswith("sparch (")
            assert point.axes[WAYS] == machine.unit.merge_ways
            assert point.hash == task.case.point(point.format, machine_hash(machine, task.tables[point.table]))


def test_references_are_there_for_every_machine_that_some_pruner_runs_on():
    machines, skip = ["a100-pcie", "titan-x"], [{"pruner": "nm-2:4", "machine": "titan-x"}]
    grid = grid_of(pruners=["2:4", "none"], machines=machines, skip=skip)
    (reference,) = grid.references
    assert [reference.machines[point.machine].name for point in reference.points] == machines
