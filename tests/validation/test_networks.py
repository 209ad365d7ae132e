"""Exact parameters, MACs as published, and honest marks on what was derived from the published totals."""

import json
import subprocess
import sys

import pytest
import yaml
from pydantic import ValidationError

from sparsesim.networks import load_network
from sparsesim.validation.networks import Networks
from sparsesim.validation.networks.published import NetworkSizes
from sparsesim.validation.published import load_published

DERIVED = {"googlenet@pruned", "resnet50@pruned", "squeezenet@pruned"}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return Networks(tmp_path_factory.mktemp("nothing"), progress=lambda words: None)


@pytest.fixture(scope="module")
def errors(reference):
    """Signed errors in per cent by metric and case."""
    found = {}
    for row in reference.rows():
        found.setdefault(row.metric, {})[row.case] = row.error_pct
    return found


def test_parameters_are_exact(errors):
    assert len(errors["parameters"]) == 23
    assert set(errors["parameters"].values()) == {0.0}
    # No exact count of GNMT is published, and its attention is assumed.
    assert errors["parameters M, rounded"].pop("gnmt") == pytest.approx(1.05, abs=0.05)
    assert all(abs(error) < 0.15 for error in errors["parameters M, rounded"].values())


def test_macs_are_those_published(errors):
    macs = dict(errors["MACs G, rounded"])
    assert len(macs) == 17
    assert macs.pop("ds-cnn-l") == pytest.approx(-0.43, abs=0.01)  # operations there count biases, too
    assert all(abs(error) < 0.08 for error in macs.values())


def test_the_published_macs_of_vit_include_products_of_activations():
    network = load_network("vit-l-16")
    products = sum(layer.macs for layer in network.layers if layer.kind == "matmul")
    assert round(products / 1e9, 3) == 1.908
    assert round(network.macs / 1e9, 3) == 61.555


def test_a_step_of_gnmt_has_the_published_macs():
    assert load_network("gnmt").macs / 32 / 1e6 == pytest.approx(214, rel=0.01)


def test_what_pruning_leaves_of_alexnet_and_vgg16(errors):
    for network in ("alexnet@pruned", "vgg16@pruned"):
        assert abs(errors["M parameters after pruning"][network]) < 2.5
        assert abs(errors["weight %"][f"{network}, total"]) < 2
        assert abs(errors["FLOP %"][f"{network}, total"]) < 2
    assert abs(errors["parameter reduction"]["alexnet@pruned"]) < 0.5
    assert errors["parameter reduction"]["vgg16@pruned"] == pytest.approx(9.5, abs=0.1)  # 13.1x, published as 12x
    assert errors["MAC reduction"]["alexnet@pruned"] == pytest.approx(10.2, abs=0.1)  # 3.3x, published as 3x


def test_layers_are_off_by_no_more_than_rounding_of_per_cents(reference):
    rows = [row for row in reference.rows() if row.metric == "FLOP %" and "total" not in row.case]
    assert len(rows) == 8 + 16
    assert all(abs(row.simulated - row.published) <= 0.81 for row in rows)


def test_derived_and_given_densities_are_marked_as_fitted(reference):
    rows = reference.rows()
    fitted = {row.case for row in rows if row.fitted and row.metric != "weight %"}
    assert fitted == DERIVED
    assert all("before" in row.metric for row in rows if row.case in DERIVED and not row.fitted)
    weights = [row for row in rows if row.metric == "weight %"]
    assert all(row.fitted == ("total" not in row.case) for row in weights)
    for name in DERIVED:
        assert "Derived, not measured layer by layer" in load_network(name).notes


def test_quantised_sizes_are_bytes_per_parameter_in_10_to_the_6(reference, errors):
    assert all(abs(error) < 0.4 for error in errors["float32 MB"].values())
    assert all(-2.7 < error < 0 for error in errors["int8 MB"].values())
    assert any("0.74 % if MB is 10^6 bytes, 5.26 % if MB is 2^20 bytes" in line for line in reference.notes())


def test_cases_are_the_unpruned_networks(reference):
    cases = {case["network"]: case for case in reference.cases()}
    assert cases["llama-7b"]["parameters"] == 6_738_415_616
    assert len(cases) == 27
    assert not any("@" in name for name in cases)


def test_a_source_that_is_not_given_is_refused():
    described = load_published("networks", NetworkSizes).model_dump()
    assert NetworkSizes.model_validate(described).sources == described["sources"]
    del described["sources"]["keras"]
    with pytest.raises(ValidationError, match="keras"):
        NetworkSizes.model_validate(described)


def test_the_command_prints_a_line_per_comparison(repository):
    code = "from sparsesim.cli import main; main()"
    process = subprocess.run(
        [sys.executable, "-c", code, "validate", "networks", "--json"], capture_output=True, text=True, check=True
    )
    records = [json.loads(line) for line in process.stdout.splitlines()]
    described = yaml.safe_load((repository / "models" / "validation" / "networks.yaml").read_text())
    assert {entry["network"] for entry in described["sizes"]} <= {record["case"] for record in records}
    assert len(records) == 23 + 17 + 3 + 5 * 4 + 8 * 4 + 4 + 16 * 2 + 3 + 8
    assert "consistency, not accuracy" in process.stderr
