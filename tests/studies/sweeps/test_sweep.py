import json

import pytest
import yaml

from sparsesim.errors import InputError
from sparsesim.shipped import shipped_names
from sparsesim.studies import in_order, load_sweep, resolved, run_sweep, run_task

GRID = {
    "name": "grid",
    "networks": ["digits-cnn", {"name": "digits-cnn", "layers": "*conv*"}],
    "pruners": ["none", {"name": "magnitude", "sparsity": 0.8}, "2:4"],
    "formats": ["dense", "csr"],
    "machines": ["core-i7-5930k", "a100-pcie"],
}


def write(tmp_path, **changes):
    path = tmp_path / "grid.yaml"
    path.write_text(yaml.safe_dump(GRID | changes))
    return path


def test_the_grid_is_the_product_of_its_axes(tmp_path):
    grid = resolved(load_sweep(write(tmp_path)))
    assert len(grid.tasks) == 2 * 3
    assert len(grid.tasks[0].points) == 4


def test_all_cores_and_one_process_give_the_same_results(tmp_path):
    sweep = load_sweep(write(tmp_path))

    def strip(results):
        return [json.dumps({k: v for k, v in r.flat().items() if k != "simulation_seconds"}) for r in results]

    parallel = in_order(run_sweep(sweep))
    serial = [result for task in resolved(sweep).tasks for result in run_task(task)]
    assert strip(parallel) == strip(serial)


def test_any_executor_will_do(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    sweep = load_sweep(write(tmp_path, networks=["digits-cnn"], pruners=["none"]))
    with ThreadPoolExecutor(1) as executor:
        results = in_order(run_sweep(sweep, executor))
    assert {result.machine for result in results} == {"core-i7-5930k", "a100-pcie"}


def test_a_violated_pattern_is_refused_or_runs_dense_as_asked(tmp_path):
    """Unpruned weights break 2:4; a bitmap holds them, but no kernel takes it."""
    asked = {
        ("nm-2:4", "unpack"): ("refused", ""),
        ("nm-2:4", "refuse"): ("refused", ""),
        ("nm-2:4", "dense"): ("ok", "when loaded"),
        ("bitmap", "unpack"): ("ok", "when loaded"),
        ("bitmap", "refuse"): ("refused", ""),
        ("bitmap", "dense"): ("ok", "when loaded"),
    }
    for (format, choice), found in asked.items():
        changes = {"networks": ["digits-cnn"], "pruners": ["none"], "formats": [format], "machines": ["a100-pcie"]}
        sweep = load_sweep(write(tmp_path, on_violation=choice, **changes))
        (task,) = resolved(sweep).tasks
        results = run_task(task)
        assert {(result.status, result.unpacked) for result in results} == {found}
        assert all(result.note and result.format == format for result in results)


@pytest.mark.parametrize("name", shipped_names("workloads", ".yaml"))
def test_every_shipped_workload_is_valid(name):
    sweep = load_sweep(name)
    assert sweep.name == name
    assert sweep.description
    assert resolved(sweep).tasks


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"machines": ["b100"]}, "unknown machine 'b100'"),
        ({"formats": ["cvs"]}, "unknown format 'cvs'"),
        ({"networks": ["lenet"]}, "unknown network 'lenet'"),
        ({"networks": []}, "networks"),
        ({"pruners": ["magnitude"]}, "needs sparsity="),
        ({"pruners": [{"name": "2:4", "sparsity": 0.9}]}, "contradicts sparsity=0.9"),
        ({"engine": "quick"}, "engine"),
        ({"dtype": "fp9"}, "unknown number type 'fp9'"),
        ({"energy_table": "horowitz"}, "unknown energy table 'horowitz'"),
        ({"batch": 0}, "batch"),
        ({"baseline": {"machine": "h100-pcie"}}, "unknown baseline machine 'h100-pcie'"),
        ({"baseline": {"machin": "a100-pcie"}}, "unknown baseline field 'machin'"),
        ({"name": "../escape"}, "name"),
    ],
)
def test_faulty_descriptions_are_refused(tmp_path, changes, message):
    with pytest.raises(InputError) as caught:
        resolved(load_sweep(write(tmp_path, **changes)))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
