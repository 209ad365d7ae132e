"""Names of methods, their options, and the labels that tell these apart."""

import json

import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.pruning import NM, PRUNERS, Pruner, pruner_by_name
from sparsesim.transforms import METHODS, Mask, as_method, method_by_name, takes_sparsity
from sparsesim.transforms.low_rank.method import LowRankFactors
from sparsesim.transforms.merge.method import Merge
from sparsesim.transforms.permute.method import Permute
from sparsesim.transforms.sparse_gpt.method import SparseGPT
from tests.transforms.test_contract import AMOUNTS, NAMES, every_name, made

ALL_OPTIONS = {
    "mask": [
        Mask(pruner_by_name("filter", 0.5)),
        Mask(pruner_by_name("filter", 0.25)),
        Mask(Pruner(NM(2, 4), name="of one's own")),
        *(
            method_by_name("filter", 0.5, **more)
            for more in ({"criterion": "l2"}, {"criterion": "random-3"}, {"round_to": 8})
        ),
        *(method_by_name("sigma", s=s) for s in (1.0, 1.5)),
        *(method_by_name("threshold", threshold=least) for least in (0.1, 0.2)),
        method_by_name("published"),
    ],
    "sparse-gpt": [SparseGPT(0.5), SparseGPT(0.6), SparseGPT(0.5, damping=0.1), SparseGPT(None, NM(2, 4))],
    "permute": [
        Permute(NM(2, 4)),
        Permute(NM(1, 4)),
        *(Permute(NM(2, 4), **o) for o in ({"seed": 1}, {"restarts": 2})),
    ],
    "merge": [Merge(), Merge({"ip1": 4}), Merge({"ip1": 5}), Merge(layout="in_out")],
    "shrink": [
        method_by_name("shrink", 0.5, **o)
        for o in (
            {},
            {"importance": "l2"},
            {"aggregation": "max"},
            {"scope": "global"},
            {"round_to": 4},
            {"groups": "c*"},
        )
    ],
    "quantise": [
        *(method_by_name(name) for name in ("int8", "int4", "fp16", "bf16")),
        *(method_by_name("int8", **o) for o in ({"per": "tensor"}, {"symmetric": False})),
    ],
    "low-rank": [
        *(LowRankFactors(**o) for o in ({"rank": 4}, {"rank": 5}, {"energy": 0.8}, {"energy": 0.9})),
        LowRankFactors(4, only_if_smaller=False),
    ],
    "deep-compression": [
        method_by_name("deep-compression", **o)
        for o in ({}, {"conv_bits": 6}, {"linear_bits": 6}, {"index_bits": 5}, {"huffman": False})
    ],
}

every_member = pytest.mark.parametrize("member", METHODS)


@every_member
def test_labels_tell_options_apart(member):
    if member not in ALL_OPTIONS:
        pytest.fail(
            f"method {member} has no options to tell apart: "
            "add it with each of them to ALL_OPTIONS in tests/transforms/test_registry.py"
        )
    options = ALL_OPTIONS[member]
    told = {(method.label, method.asked_sparsity) for method in options}
    assert len(told) == len(options) == len(set(map(repr, options)))


@every_member
def test_sparsesim_lists_it(member):
    listed = json.loads(CliRunner().invoke(app, ["list", "pruners", "--json"]).stdout)["pruners"]
    for form, description in METHODS[member].forms.items():
        assert listed[form] == description
        assert description


@every_name
def test_names_lead_to_the_method_and_back(name):
    method = made(name)
    assert [kind.is_named(name) for kind in METHODS.values()].count(True) == 1
    assert method_by_name(method.name, 0.5 if takes_sparsity(name) else None, **AMOUNTS.get(name, {})) == method
    assert "\n" not in method.describe()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("sparsegpt", "sparse-gpt"),
        ("magnitud", "magnitude"),
        ("permute-2-4", "not an N:M pattern"),
        ("permut-2:4", "permute-2:4"),
        ("int9", "int8 or int4"),
        ("low-rank-x", "'x' is no rank"),
        ("deep-compresion", "deep-compression"),
        ("shrunk", "shrink"),
    ],
)
def test_the_nearest_names_of_the_whole_family_are_told(name, near):
    with pytest.raises(InputError, match=near):
        method_by_name(name)


@pytest.mark.parametrize(
    ("name", "amounts", "reason"),
    [
        ("int8", {"sparsity": 0.5}, "pruner 'int8' takes no sparsity"),
        ("int8", {"per": "row"}, "unknown per 'row'"),
        ("shrink", {}, "needs sparsity="),
        ("shrink", {"sparsity": 1.0}, "found 1.0"),
        ("sparse-gpt", {"sparsity": 1.5}, "sparsity=1.5"),
        ("sparse-gpt-2:4", {"sparsity": 0.5}, "fixes the sparsity already"),
        ("permute-2:4", {"sparsity": 0.9}, "contradicts sparsity=0.9"),
        ("low-rank", {}, "either rank or energy"),
        ("low-rank-4", {"energy": 0.5}, "either rank or energy"),
        ("magnitude", {"sparsity": 0.5, "rank": 3}, "takes no rank"),
        ("published", {"sparsity": 0.5}, "takes no sparsity"),
    ],
)
def test_options_that_do_not_fit_are_named(name, amounts, reason):
    with pytest.raises(InputError, match=reason):
        method_by_name(name, **amounts)


def test_pruners_and_methods_are_taken_as_they_are():
    pruner = Pruner(NM(2, 4), name="mine")
    assert as_method(pruner).label == "mine"
    assert as_method(as_method(pruner)) == as_method(pruner)
    assert as_method("2:4").pruner == pruner_by_name("2:4")
    with pytest.raises(UnknownNameError):
        as_method("3:x")


def test_every_pruner_is_one():
    assert {family.example for family in PRUNERS.values()} < set(NAMES)
