"""The page on sweeps: its files load and have the points that it says, its Python runs, and it names every field."""

import re

import pytest
import yaml

import sparsesim as ss
from sparsesim.results import point_tables
from sparsesim.studies import Sweep, load_sweep, resolved, run_task
from tests.examples.test_readme import blocks


@pytest.fixture(scope="module")
def text(repository):
    return (repository / "docs" / "sweeps.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def grids(text, tmp_path_factory):
    folder, found = tmp_path_factory.mktemp("guide"), {}
    for block in blocks(text, "yaml"):
        path = folder / f"{yaml.safe_load(block)['name']}.yaml"
        path.write_text(block, encoding="utf-8")
        found[path.stem] = resolved(load_sweep(path))
    return found


def test_its_files_have_the_points_that_they_describe(grids):
    assert {name: grid.points for name, grid in grids.items()} == {
        "settings": 4 * 3 * 2 * 2 * 2 * 2,
        "machines": 5,
        # sparch, sparch scaled and a100-pcie; magnitude has no 2:4 pattern.
        "equal": 3 * (2 + 1),
        # Per batch with its bandwidth: 4 methods in dense, csr, and 2:4 in nm-2:4; csr at 16 without those up to 0.5.
        "chosen": (4 + 4 + 1) + (4 + 1 + 1),
        "products": 4 * 2 * 2,
        "drawn": 2 * 2 * 2 * 7,
    }
    assert grids["chosen"].left_out == {"no 2:4 pattern": 6, "dense wins": 3}


def test_its_machines_are_called_as_it_says(grids):
    names = [machine.name for machine in grids["machines"].machines]
    assert names[:2] == ["a100-pcie", "sparch (64 GB/s, merge_ways=32)"]
    assert len(names) == 5


@pytest.mark.parametrize("name", ["machines", "equal", "chosen", "products"])
def test_its_sweeps_run_and_every_point_has_a_label_of_its_own(grids, name):
    grid = grids[name]
    results = [result for task in grid.tasks for result in run_task(task)]
    references = [result for task in grid.references for result in run_task(task)]
    table = point_tables(results, grid.baseline, references).compared
    assert len(table) == grid.points
    assert not table.duplicated(["network", "pruner", "sparsity", "format", "machine"]).any()
    ran = table[table["status"] == "ok"]
    assert len(ran)
    assert ran["speedup"].notna().all()


def test_its_python_runs(text):
    (block,) = blocks(text, "python")
    names = {}
    exec(block, names)
    results = names["results"]
    assert len({result.point for result in results}) == resolved(names["sweep"]).points
    assert {result.axes.get("clock_hz") for result in results} == {None, 10**9, 2 * 10**9}
    assert isinstance(names["sweep"], ss.Sweep)


def test_it_names_every_field(text):
    table = text.split("| --- | --- |")[1].split("\n\n")[0]
    told = set(re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines() if row)))
    assert told == set(Sweep.model_fields)
