import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.pruning import (
    NM,
    PRUNERS,
    VNM,
    Block,
    BySparsity,
    NMPairs,
    Pruner,
    Vector,
    pruner_by_name,
    takes_sparsity,
)
from tests.pruning.weights import AMOUNTS

every_family = pytest.mark.parametrize("family", PRUNERS.values(), ids=lambda family: family.syntax)


@every_family
def test_a_family_describes_itself_in_one_line(family):
    assert family.description
    assert "\n" not in family.description
    assert family.syntax.startswith(family.name)


@every_family
def test_the_example_is_built_and_keeps_its_name(family):
    pruner = pruner_by_name(family.example, **AMOUNTS[family.amount])
    assert pruner.name == family.example
    assert pruner == pruner_by_name(family.example, **AMOUNTS[family.amount])
    assert isinstance(hash(pruner), int)


@every_family
def test_an_amount_that_is_missing_or_does_not_belong_is_refused(family):
    if family.amount != "fixed":
        with pytest.raises(InputError, match=f"pruner '{family.example}' needs {family.amount}="):
            pruner_by_name(family.example)
    for other in {"threshold", "s"} - {family.amount}:
        with pytest.raises(InputError, match=f"pruner '{family.example}' takes no {other}"):
            pruner_by_name(family.example, **AMOUNTS[family.amount], **AMOUNTS[other])


@every_family
def test_a_family_says_whether_it_takes_a_sparsity(family):
    assert takes_sparsity(family.example) == (family.amount == "sparsity")


def test_only_names_of_pruners_take_a_sparsity():
    assert not takes_sparsity("2:4")
    with pytest.raises(UnknownNameError, match="unknown pruner 'magnitud'"):
        takes_sparsity("magnitud")
    with pytest.raises(InputError, match="'4' is not a block size"):
        takes_sparsity("block-4")


@every_family
def test_a_sparsity_out_of_range_is_refused(family):
    if family.amount in ("sparsity", "fixed"):
        with pytest.raises(InputError, match=r"sparsity=1\.5 must be"):
            pruner_by_name(family.example, 1.5)


def test_names_carry_sizes():
    assert pruner_by_name("2:4") == pruner_by_name("nm-2:4") == Pruner(NM(2, 4), name="nm-2:4")
    assert pruner_by_name("1:8").describe() == "1 kept of every 8 along K"
    assert pruner_by_name("nm-pairs-4:8").pattern == NMPairs(4, 8)
    assert pruner_by_name("vnm-128:2:10").pattern == VNM(128, 2, 10)
    assert pruner_by_name("vnm-128:2:10").sparsity == 0.8
    assert pruner_by_name("block-16x8", 0.5).pattern == Block(16, 8)
    assert pruner_by_name("vector-4", 0.5).pattern == Vector(4)
    assert pruner_by_name("vector-4x1", 0.5).pattern == Vector(4, "out")
    assert pruner_by_name("magnitude-global", 0.5).selector == BySparsity(0.5, "global")
    assert pruner_by_name("filter", 0.5, criterion="l2").criterion == "l2"


def test_n_of_m_and_none_accept_the_sparsity_that_they_have():
    assert pruner_by_name("2:4", 0.5).sparsity == 0.5
    assert pruner_by_name("1:3", 2 / 3).sparsity == pytest.approx(2 / 3)
    assert pruner_by_name("none", 0).sparsity == 0
    with pytest.raises(InputError, match=r"'nm-2:4' \(2 kept of every 4 along K\) contradicts sparsity=0.9"):
        pruner_by_name("2:4", 0.9)
    with pytest.raises(InputError, match=r"contradicts sparsity=0\.5"):
        pruner_by_name("none", 0.5)


@pytest.mark.parametrize("name", ["magnitud", "2:4:8", "kernel-3", "", "none-2", "-", "2:", "wandb"])
def test_unknown_names_are_refused_with_suggestions(name):
    with pytest.raises(UnknownNameError, match=f"unknown pruner '{name}': (did you mean|known:)"):
        pruner_by_name(name, 0.5)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("block-4", "'4' is not a block size RxC"),
        ("block", "'' is not a block size"),
        ("block-4x4x4", "'4x4x4' is not a block size"),
        ("vector-x", "'x' is not a vector length"),
        ("nm-24", "'24' is not an N:M pattern"),
        ("nm", "'' is not an N:M pattern"),
        ("nm-4:2", "4:2: N must be between 1 and 2"),
        ("nm-pairs-3:8", "3:8 in pairs: both must be even"),
        ("nm-pairs-4", "'4' is not an N:M pattern"),
        ("vnm-2:4", "'2:4' is not a V:N:M pattern"),
        ("vnm-0:2:8", "V of the V:N:M pattern=0 must be"),
        ("vnm-8:5:8", "8:5:8: N must be between 1 and 4"),
        ("vnm-8:2:3", "8:2:3: N must be between 1 and 4, M at least 4"),
        ("0:4", "0:4: N must be between"),
        ("0:0", "M of the N:M pattern=0 must be"),
    ],
)
def test_wrong_sizes_are_refused(name, message):
    with pytest.raises(InputError, match=message):
        pruner_by_name(name, 0.5)
