"""How sparsity is shared out: by row, by layer, by shape, with a limit, and rounded counts."""

import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.pruning import (
    ByERK,
    ByLAMP,
    ByLayer,
    BySparsity,
    ByThreshold,
    Channel,
    Element,
    Filter,
    Pruner,
    RoundedUp,
    pruner_by_name,
)
from sparsesim.pruning.selectors.by_lamp import lamp_scores
from sparsesim.pruning.selectors.largest_groups import largest_of_rows
from tests.pruning.weights import gaussian

LAYERS = {
    "conv1": gaussian((8, 3, 3, 3), 1) * 3,
    "conv2": gaussian((16, 8, 3, 3), 2),
    "fc1": gaussian((32, 64), 3) * 0.1,
    "fc2": gaussian((10, 32), 4) * 1e-6,
}
TOTAL = sum(weight.size for weight in LAYERS.values())


def sparsities(masks):
    return {name: 1 - mask.mean() for name, mask in masks.items()}


def test_every_row_loses_the_same_number():
    rows = gaussian((6, 9), 5) * np.arange(1, 7)[:, None]
    mask = Pruner(Element(), BySparsity(2 / 3, "row")).mask(rows)
    assert mask.sum(axis=1).tolist() == [3] * 6
    for row, kept in zip(np.abs(rows), mask, strict=True):
        assert row[kept].min() > row[~kept].max()


@pytest.mark.parametrize("keep", [0, 1, 3, 7])
def test_rows_are_ranked_like_a_stable_sort(keep):
    sizes = np.random.default_rng(keep).integers(0, 4, (40, 7)).astype(float)
    expected = np.zeros(sizes.shape, bool)
    np.put_along_axis(expected, np.argsort(-sizes, axis=1, kind="stable")[:, :keep], True, axis=1)
    np.testing.assert_array_equal(largest_of_rows(sizes, keep), expected)


def test_what_was_dropped_earlier_counts_in_its_row():
    weight = np.array([[9.0, 8, 7, 6], [1, 2, 3, 4]])
    frozen = np.array([[False, False, True, True], [True, True, True, True]])
    mask = Pruner(Element(), BySparsity(0.5, "row")).mask(weight, frozen=frozen)
    assert mask.tolist() == [[False, False, True, True]] * 2


def test_rows_of_filters_are_refused():
    with pytest.raises(InputError, match="a row holds one filter only"):
        Pruner(Filter(), BySparsity(0.5, "row"))


def test_layers_have_the_sparsity_of_their_name_or_pattern():
    selector = ByLayer({"conv*": 0.5, "conv2": 0.25, "fc*": 0.75}, default=0.1)
    found = sparsities(Pruner(Element(), selector).masks(LAYERS))
    assert found == pytest.approx({"conv1": 0.5, "conv2": 0.25, "fc1": 0.75, "fc2": 0.75}, abs=0.01)
    assert Pruner(Element(), selector).requested(LAYERS) == {"conv1": 0.5, "conv2": 0.25, "fc1": 0.75, "fc2": 0.75}
    assert sparsities(Pruner(Element(), ByLayer({"fc2": 0.5}, 0.1)).masks(LAYERS))["conv2"] == pytest.approx(0.1, 0.01)
    assert hash(selector) == hash(ByLayer({"conv*": 0.5, "conv2": 0.25, "fc*": 0.75}, default=0.1))
    assert selector.describe() == "50 % of conv*, 25 % of conv2, 75 % of fc*, 10 % of other layers dropped"


def test_a_layer_that_does_not_exist_is_refused():
    with pytest.raises(UnknownNameError, match=r"unknown layer in ByLayer 'cnv\*'"):
        Pruner(Element(), ByLayer({"cnv*": 0.5})).masks(LAYERS)
    with pytest.raises(InputError, match="sparsity of 'fc'=1 must be"):
        ByLayer({"fc": 1})
    with pytest.raises(InputError, match="default sparsity=-1 must be"):
        ByLayer({}, -1)


def test_a_limit_keeps_layers_from_vanishing():
    free = Pruner(Element(), BySparsity(0.9, "global")).masks(LAYERS)
    assert not free["fc2"].any()
    limited = Pruner(Element(), BySparsity(0.9, "global", max_layer_sparsity=0.95)).masks(LAYERS)
    assert TOTAL - sum(int(mask.sum()) for mask in limited.values()) == round(0.9 * TOTAL)
    found = sparsities(limited)
    assert found["fc2"] == pytest.approx(0.95)
    assert max(found.values()) <= 0.951
    size = np.abs(LAYERS["fc2"])
    assert size[limited["fc2"]].min() > size[~limited["fc2"]].max()


def test_impossible_limits_are_refused():
    with pytest.raises(InputError, match=r"max_layer_sparsity=0\.5 must lie between the sparsity and 1"):
        BySparsity(0.9, "global", 0.5)
    with pytest.raises(InputError, match="means nothing in scope 'layer'"):
        BySparsity(0.5, "layer", 0.9)
    tiny = {str(i): np.ones((1, 1)) for i in range(4)}
    with pytest.raises(InputError, match="leaves 4 groups, more than the 2 to keep"):
        Pruner(Element(), BySparsity(0.5, "global", 0.9)).masks(tiny)


@pytest.mark.parametrize("sparsity", [0.3, 0.5, 0.8, 0.95])
def test_erk_shares_out_by_shape_and_is_exact_overall(sparsity):
    masks = Pruner(Element(), ByERK(sparsity)).masks(LAYERS)
    assert TOTAL - sum(int(mask.sum()) for mask in masks.values()) == round(sparsity * TOTAL)
    raw = {name: sum(w.shape) / w.size for name, w in LAYERS.items()}
    scale = {name: masks[name].mean() / raw[name] for name in LAYERS}
    sparse = [name for name in LAYERS if not masks[name].all()]
    assert max(scale[name] for name in sparse) / min(scale[name] for name in sparse) < 1.05
    for full in set(LAYERS) - set(sparse):
        assert raw[full] * min(scale[name] for name in sparse) > 0.99


def test_erk_of_known_layers():
    layers = {"a": np.ones((10, 10)), "b": np.ones((100, 100))}
    masks = Pruner(Element(), ByERK(0.8)).masks(layers)
    # raw densities 0.2 and 0.02: at scale 9.18 the small layer would pass 1, so that it stays whole.
    assert masks["a"].all()
    assert masks["b"].sum() == 10_100 - round(0.8 * 10_100) - 100
    requested = Pruner(Element(), ByERK(0.8)).requested(layers)
    assert requested == pytest.approx({"a": 0, "b": 1 - masks["b"].mean()})


def test_lamp_scores_follow_their_definition():
    scores = np.array([3.0, -1, 2, 2, 0])
    expected = [1, 4 / 13, 4 / 17, 1 / 18, 0]  # for 3, 2, 2, 1, 0
    np.testing.assert_allclose(lamp_scores(scores), expected)
    np.testing.assert_allclose(lamp_scores(scores * 1e200), expected)
    assert lamp_scores(np.zeros(3)).tolist() == [0, 0, 0]


def test_lamp_is_one_ranking_of_its_scores():
    layers = {"a": np.array([[1.0, -5, 2, 0]]), "b": np.array([[0.3], [0.2], [0.1], [0.3]])}
    # a: 5 -> 1, 2 -> 4/29, 1 -> 1/30, 0 -> 0; b (x 10): 3 -> 1, 3 -> 1/2, 2 -> 4/22, 1 -> 1/23
    for n_dropped, a, b in [
        (4, [0, 1, 0, 0], [1, 1, 0, 1]),
        (3, [0, 1, 1, 0], [1, 1, 0, 1]),
        (2, [0, 1, 1, 0], [1] * 4),
    ]:
        masks = Pruner(Element(), ByLAMP(n_dropped / 8)).masks(layers)
        assert masks["a"].astype(int).tolist() == [a]
        assert masks["b"].astype(int)[:, 0].tolist() == b


def test_lamp_does_not_depend_on_the_scale_of_a_layer():
    pruner = Pruner(Element(), ByLAMP(0.9))
    masks = pruner.masks(LAYERS)
    assert TOTAL - sum(int(mask.sum()) for mask in masks.values()) == round(0.9 * TOTAL)
    for name, mask in pruner.masks({name: weight * 8.0**i for i, (name, weight) in enumerate(LAYERS.items())}).items():
        np.testing.assert_array_equal(mask, masks[name])
        assert mask.any()


@pytest.mark.parametrize(("multiple", "kept"), [(1, 19), (8, 24), (16, 32), (64, 48)])
def test_kept_filters_are_rounded_up(multiple, kept):
    weight = gaussian((48, 5), 6)
    pruner = pruner_by_name("filter", 0.6, round_to=multiple)
    mask = pruner.mask(weight)
    assert mask[:, 0].sum() == kept
    assert pruner.sparsity == 0.6
    size = np.abs(weight).sum(axis=1)
    assert kept == 48 or size[mask[:, 0]].min() > size[~mask[:, 0]].max()


def test_rounding_goes_with_any_selector_but_rows():
    masks = Pruner(Channel(), RoundedUp(BySparsity(0.5, "global"), 4), "l1").masks(LAYERS)
    for name, mask in masks.items():
        kept = int(mask.any(axis=(0, *range(2, mask.ndim))).sum())
        assert kept % 4 == 0 or kept == LAYERS[name].shape[1]
    assert "multiples of 8" in pruner_by_name("channel", 0.5, round_to=8).describe()
    assert Pruner(Channel(), RoundedUp(ByThreshold(1e9), 4)).mask(np.ones((3, 5))).sum() == 0
    with pytest.raises(InputError, match="counts groups of a layer, the selector those of a row"):
        pruner_by_name("wanda", 0.5, round_to=8)
    with pytest.raises(InputError, match=r"'nm-2:4' .* takes no round_to"):
        pruner_by_name("2:4", round_to=8)
    with pytest.raises(InputError, match="round_to=0 must be"):
        pruner_by_name("filter", 0.5, round_to=0)
