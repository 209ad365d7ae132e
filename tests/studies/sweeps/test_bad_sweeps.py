"""Every sweep that cannot be run is refused before any work, on one line with file, line and field."""

import re

import numpy as np
import pytest
import yaml

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.studies import load_sweep, resolved
from sparsesim.studies.checks import MOST_POINTS

SWEEP = {
    "name": "bad",
    "networks": ["digits-cnn"],
    "pruners": ["none"],
    "formats": ["dense"],
    "machines": ["titan-x"],
}


def sparch(**fields):
    return {"machines": [{"name": "sparch", "set": fields}]}


BANDWIDTH, WAYS = "dram.bandwidth_bytes_per_s", "accelerator.merge_ways"


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"bacth": 4}, "bacth", "unknown field, did you mean batch?"),
        ({"batch": []}, "batch", "at least one value is needed"),
        ({"batch": [4, 1, 4]}, "batch", "4 is there twice: leave one"),
        ({"batch": "many"}, "batch", "'many': must be a valid integer"),
        ({"batch": [1, 0]}, "batch.1", "0: must be greater than 0"),
        ({"batch": {"lin": [1, 2, 3]}}, "batch", "a range is {linear: [from, to, count]} or {log2: [from, to]}"),
        ({"batch": {"log2": [3, 7]}}, "batch", "log2: [3, 7]: 7 is not 3 times a power of two"),
        ({"batch": {"linear": [1, 2, 3]}}, "batch", "1.5: must be a valid integer"),
        ({"batch": {"linear": [1, 10001, 10001]}}, "batch", "10001 values are more than the 10000"),
        ({"dtype": ["fp16", "fp9"]}, "dtype.1", "unknown number type 'fp9'"),
        ({"engine": ["quick"]}, "engine.0", "'quick': must be 'fast', 'event'"),
        ({"activation_density": [0.5, 2]}, "activation_density.1", "2: must be less than or equal to 1"),
        ({"energy_table": ["own", "horowitz"]}, "energy_table.1", "unknown energy table 'horowitz'"),
        ({"networks": ["no/such.npz"]}, "networks.0", "no/such.npz: no such file"),
        ({"tokens": [16, 32]}, "networks.0", "tokens means nothing for .yaml files"),
        (
            sparch(**{"dram.bandwith_bytes_per_s": [1]}),
            "machines.0.set.dram.bandwith_bytes_per_s",
            f"mean {BANDWIDTH}?",
        ),
        (sparch(**{BANDWIDTH: ["64 GHz"]}), f"machines.0.set.{BANDWIDTH}", "'64 GHz': a whole number of B/s is needed"),
        (sparch(**{WAYS: []}), "machines.0", f"set.{WAYS}: at least one value is needed"),
        (sparch(**{WAYS: [64, 64]}), "machines.0", f"set.{WAYS}: 64 is there twice"),
        (sparch(**{BANDWIDTH: ["64 GB/s", "64000 MB/s"]}), "", "are equal in everything that decides a figure"),
        ({"machines": [{"name": "sparch", "sett": {}}]}, "machines.0.sett", "unknown field, did you mean set?"),
        ({"machines": ["sparch", {"name": "sparch", "set": {WAYS: 64}}]}, "", "machines: 'sparch' and 'sparch (merge"),
        ({"machines": [4]}, "machines.0", "4: a name, a path or a Machine is needed, found int"),
        ({"equal": [{"macs": "a100-pcie"}]}, "equal.0", "unknown resource 'macs'"),
        ({"equal": "big"}, "equal", "'big': must be as-published, or a resource and a machine or amount"),
        ({"equal": [{"area": "a100-pcie"}]}, "equal.0", "the area of titan-x is not known"),
        ({"equal": [{"bandwidth": "a100"}]}, "equal.0.bandwidth", "unknown machine 'a100'"),
        ({"zip": [["batch", "dtype"]], "batch": [1, 2]}, "zip.0", "batch has 2 values and dtype 1"),
        ({"zip": [["batch", "dtyp"]]}, "zip.0", "unknown axis 'dtyp': did you mean dtype?"),
        ({"zip": [["batch"]]}, "zip", "0: batch: two axes at least are zipped"),
        ({"zip": [["batch", "dtype"], ["engine", "batch"]]}, "zip", "1: batch is zipped already"),
        ({"skip": [{"formt": "csr"}]}, "skip.0", "unknown axis 'formt': did you mean format?"),
        ({"only": {"accelerator.merge_ways": 4}}, "only", "unknown axis 'accelerator.merge_ways'"),
        ({"skip": [{"why": "so"}]}, "skip.0", "at least one axis is needed, such as format: nm-*"),
        ({"skip": [{"batch": ">many"}]}, "skip.0", "batch: '>many': a number is needed behind >"),
        ({"skip": [{"batch": None}]}, "skip.0", "batch: None: must be a value, a pattern, a comparison"),
        ({"skip": [{"format": "*", "why": "so"}]}, "", "no point is left: 1 as so are left out"),
        ({"only": {"format": "csr"}}, "", "no point is left: 1 as only others are asked for"),
        ({"matrices": ["karate"]}, "matrices.0", "columns: a number of columns of the dense operand is needed"),
        ({"matrices": ["no/such.mtx"], "columns": 4}, "matrices.0", "no/such.mtx: no such file"),
        ({"matrices": ["karate"], "columns": [4, 0]}, "columns.1", "0: must be greater than 0"),
        ({"matrices": ["karate", "karate"], "columns": 4}, "", "are equal in everything that decides a figure"),
        ({"columns": 4}, "columns", "there are no matrices that it applies to"),
        ({"networks": []}, "networks", "at least one is needed, or matrices"),
        ({"pruners": []}, "pruners", "at least one is needed for networks"),
        ({"networks": [], "matrices": "karate", "columns": 4}, "pruners", "there are no networks that it applies to"),
        (
            {"pruners": [{"name": "magnitude", "sparsity": {"linear": [0.5, 1, 3]}}]},
            "pruners.0.sparsity",
            "less than 1",
        ),
        ({"pruners": [{"name": "magnitude", "sparsity": {"log": [0.5, 1]}}]}, "pruners.0", "a range is"),
        ({**sparch(**{WAYS: [32, 64]}), "baseline": {"machine": "sparch"}}, "baseline", "'sparch' stands for several"),
        (
            {"formats": ["csr", "dense"], "skip": {"format": "csr"}, "baseline": {"format": "csr"}},
            "baseline",
            "left out",
        ),
        (
            {"networks": ["digits-cnn"] * 2, "batch": [1, 2]},
            "networks.1",
            "its points are equal to those of networks.0",
        ),
    ],
)
def test_a_bad_sweep_gives_one_line_before_any_work(tmp_path, monkeypatch, fields, place, words):
    monkeypatch.setattr("sparsesim.studies.networks.run_task", None)
    file = tmp_path / "bad.yaml"
    file.write_text(yaml.safe_dump(SWEEP | fields, sort_keys=False))
    with pytest.raises(InputError) as caught:
        list(ss.run_sweep(file))
    told = str(caught.value)
    assert "\n" not in told
    assert words in told
    at = rf": line \d+: {re.escape(place)}\b" if place else ""
    assert re.match(re.escape(str(file)) + at, told), told


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"networks": [np.ones(3)]}, "networks.0.name: a name, a path or a Network is needed, found ndarray"),
        (
            {"networks": ss.load_machine("titan-x")},
            "networks.name: a name, a path or a Network is needed, found Machine",
        ),
        ({"machines": [ss.load_network("digits-cnn")]}, "machines.0: a name, a path or a Machine is needed"),
        ({"formats": [3]}, "formats.0: 3: a name or a Format is needed, found int"),
        ({"pruners": [object()]}, "pruners.0.name: a name, a pruner or a method is needed, found object"),
        ({"energy_table": [3.5]}, "energy_table.0: 3.5: a name, a path, a mapping or an EnergyTable is needed"),
        ({"matrices": [7]}, "matrices.0.name: 7: a name, a path or a matrix is needed, found int"),
        ({"batch": [1, "x"], "engine": "quick"}, "batch.1: 'x': must be a valid integer\nengine: 'quick'"),
    ],
)
def test_objects_of_a_wrong_kind_are_told_a_line_each(fields, words):
    with pytest.raises(InputError) as caught:
        ss.Sweep(**{**SWEEP, **fields})
    assert str(caught.value).startswith(words)


def test_too_many_points_are_counted_before_any_is_made(monkeypatch):
    monkeypatch.setattr("sparsesim.studies.sweeps.grid.swept_machines", None)
    many = {"linear": [1, 10_000, 10_000]}
    fields = SWEEP | {"batch": many, "activation_density": {"linear": [0.1, 1, 11]}}
    with pytest.raises(InputError, match=rf"points of the grid: 1 x 110000 .*more than the {MOST_POINTS}|110000"):
        resolved(load_sweep(fields))
    fields = SWEEP | {"machines": {"name": "sparch", "set": {WAYS: many, "clock_hz": many, BANDWIDTH: many}}}
    with pytest.raises(InputError, match="points of the grid"):
        resolved(load_sweep(fields))
    with pytest.raises(InputError, match="points of the grid: 100000001 is more"):
        resolved(load_sweep(fields | {"zip": [["clock_hz", BANDWIDTH]], "machines": [*[fields["machines"]], "sparch"]}))


def test_zipped_axes_count_once():
    many = {"linear": [1, 400, 400]}
    machine = {"name": "sparch", "set": {"launch_ns": many}}
    fields = SWEEP | {"machines": machine, "batch": many, "formats": ["dense", "csr"]}
    with pytest.raises(InputError, match="points of the grid: 1 x 400 x 1 x 2 x 400 is more"):
        resolved(load_sweep(fields))
    assert resolved(load_sweep(fields | {"zip": [["launch_ns", "batch"]]})).points == 800
