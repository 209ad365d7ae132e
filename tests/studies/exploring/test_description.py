"""Faults of a search, each one line and before any work."""

import pytest

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.shipped import shipped_names
from sparsesim.studies.exploring import FOLDER, load_exploration
from sparsesim.studies.exploring.prepared import prepared

MACHINE_FAULTS = [
    ({"accelerator.merge_way": [2]}, r"search.machine.accelerator.merge_way: .*did you mean accelerator.merge_ways"),
    ({"accelerator.merge_ways": []}, r"search.machine.accelerator.merge_ways: at least one value"),
    ({"accelerator.merge_ways": [2, 1]}, r"search.machine.accelerator.merge_ways: .*greater than or equal to 2"),
    ({"accelerator.merge_ways": ["wide"]}, r"search.machine.accelerator.merge_ways: .*wide"),
    ({"accelerator.merge_ways": {"log": [2, 4]}}, r"search.machine.accelerator.merge_ways: .*a range is"),
    ({"accelerator.merge_ways": [8]}, r"search: there is only one candidate"),
    ({}, r"search: nothing to search"),
]
FAULTS = [
    ({"objectives": ["speed"]}, r"objectives: .*speed: there is no such metric; choose from seconds"),
    ({"objectives": {"seconds": "shrink"}}, r"objectives.seconds: 'shrink'"),
    ({"objectives": []}, r"objectives: "),
    ({"constraints": "area < 15"}, r"constraints: .*METRIC <= NUMBER"),
    ({"constraints": "seconds <= 0.5 x unpruned"}, r"constraints: .*matrices have nothing unpruned"),
    ({"objectives": ["accuracy"]}, r"accuracy: samples are needed"),
    ({"objectives": ["divergence"], "samples": "digits"}, r"divergence: nothing that is searched changes it"),
    ({"samples": "digits"}, r"samples: no objective and no constraint is an accuracy or a divergence"),
    ({"machine": "sparc"}, r"machine: unknown machine 'sparc'"),
    ({"matrices": ["karat"]}, r"matrices.0: .*karat"),
    ({"matrices": ["nowhere.mtx"]}, r"matrices.0: nowhere.mtx: no such file here; SPARSESIM_DATA may name"),
    ({"matrices": []}, r"networks: either networks or matrices are needed"),
    ({"networks": ["digits-cnn"]}, r"networks: either networks or matrices are needed"),
    ({"formats": ["csx"]}, r"formats.0: unknown format 'csx'"),
    ({"dtype": "fp65"}, r"dtype: unknown number type"),
    ({"trials": 0}, r"trials: 0"),
    ({"sampler": {"kind": "grid"}}, r"sampler.kind: 'grid'"),
    ({"retries": 3}, r"retries: unknown field"),
]
PLAN_FAULTS = [
    ({"sparsity": [0.5, 1]}, r"search.plan.sparsity"),
    ({"sparsity": {"linear": [0, 2, 3]}}, r"search.plan.sparsity: 1: a number in \[0, 1\) is needed"),
    ({"sparsity": [0, 0.5], "layers": "fcx"}, r"search.plan: unknown layer pattern 'fcx'"),
    ({"sparsity": [0, 0.5], "pruner": "2:4"}, r"search.plan: .*2:4"),
    ({"sparsity": [0, 0.5], "pruner": "wanda"}, r"search.plan: pruner: 'wanda': it needs what the layers read"),
    ({"sparsity": [0, 0.5], "pruner": "shrink"}, r"search.plan: pruner 'shrink' changes the shapes"),
]


def refused(description, reason):
    with pytest.raises(InputError, match=reason) as caught:
        prepared(load_exploration(description))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(("fields", "reason"), MACHINE_FAULTS)
def test_fields_of_the_machine_are_checked(sizes, fields, reason):
    refused(sizes | {"search": {"machine": fields}}, reason)


@pytest.mark.parametrize(("changes", "reason"), FAULTS)
def test_faults_are_one_line(sizes, monkeypatch, changes, reason):
    monkeypatch.delenv("SPARSESIM_DATA", raising=False)
    refused(sizes | changes, reason)


@pytest.mark.parametrize(("plan", "reason"), PLAN_FAULTS)
def test_plans_are_checked(layers, plan, reason):
    refused(layers | {"search": {"plan": plan}}, reason)


def test_a_plan_needs_an_accuracy_and_one_network(layers):
    refused({**layers, "objectives": ["seconds"], "samples": None}, "search.plan: without an accuracy")
    refused(layers | {"networks": ["digits-cnn", "lenet-5"]}, "search.plan: a plan is for one network, found 2")
    refused(layers | {"pruner": "2:4"}, "search.plan: pruner: '2:4': a plan prunes by itself")


def test_an_area_is_searched_where_one_is_known(sizes, layers):
    bandwidth = {"machine": {"dram.bandwidth_bytes_per_s": ["100 GB/s", "200 GB/s"]}}
    unknown = sizes | {"machine": "a100-pcie", "constraints": "area_mm2 <= 15", "dtype": "fp16", "search": bandwidth}
    refused(unknown, "area_mm2: no area is published for a100-pcie")
    refused(layers | {"constraints": "area_mm2 <= 15"}, "area_mm2: search.machine is empty")


def test_a_file_is_sought_in_the_folder_of_data(sizes, tmp_path, monkeypatch, repository):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "graph.mtx").write_text((repository / "models/matrices/karate.mtx").read_text())
    monkeypatch.setenv("SPARSESIM_DATA", str(tmp_path))
    found = ss.explore(sizes | {"matrices": ["below/graph.mtx"]}, trials=1).trials
    assert found["seconds"].tolist() == ss.explore(sizes, trials=1).trials["seconds"].tolist()
    refused(sizes | {"matrices": ["../graph.mtx"]}, rf"../graph.mtx: no such file here; nor is it in {tmp_path}")


def test_samples_are_held_out_class_by_class(layers):
    ready = prepared(load_exploration(layers | {"samples": {"file": "digits", "held_out": 3, "first": 1}}))
    for label in range(10):
        inside, outside = ((part.labels == label).sum() for part in (ready.searched, ready.held_out))
        assert abs(inside - 2 * outside) <= 2
    other = prepared(load_exploration(layers | {"samples": {"file": "digits", "held_out": 3, "first": 2}}))
    images = {image.tobytes() for image in ready.held_out.images}
    assert not images & {image.tobytes() for image in ready.searched.images}
    assert not images & {image.tobytes() for image in other.held_out.images}


@pytest.mark.parametrize("name", shipped_names(FOLDER, ".yaml"))
def test_shipped_searches_are_complete(name, monkeypatch):
    found = load_exploration(name)
    assert found.name == name
    assert found.description
    if name == "resnet20-layers":
        monkeypatch.delenv("SPARSESIM_DATA", raising=False)
        refused(name, r"no such file here; SPARSESIM_DATA may name the folder that holds it")
    else:
        assert prepared(found).space.size > 1000
