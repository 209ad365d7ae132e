import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.pruning import (
    Balance,
    ByLayer,
    Element,
    Pruner,
    mask_statistics,
    network_statistics,
    pruner_by_name,
    total_statistics,
)
from tests.pruning.weights import gaussian


def test_figures_of_a_small_mask():
    weight = np.array([[4.0, -3, 2, 1], [1, 1, 1, 1], [0, 0, 0, 6]])
    mask = np.array([[True, True, True, False], [False, False, False, False], [False, False, False, True]])
    found = mask_statistics(weight, mask)
    assert found.requested_sparsity is None
    assert found.sparsity == pytest.approx(8 / 12)
    assert (found.nnz, found.size) == (4, 12)
    assert found.row_nnz_mean == pytest.approx(4 / 3)
    assert found.row_nnz_variation == pytest.approx(np.std([3, 0, 1]) / (4 / 3))
    assert found.busiest_row_over_mean == pytest.approx(9 / 4)
    assert found.kept_magnitude_fraction == pytest.approx(15 / 20)
    assert found.tail_note == ""


def test_requested_and_achieved_sparsity_both_stand():
    weight = gaussian((3, 7))
    pruner = pruner_by_name("block-2x4", 0.5)
    found = mask_statistics(weight, pruner.mask(weight), pruner)
    assert found.requested_sparsity == 0.5
    assert found.sparsity == 1 - found.nnz / 21
    assert "1 rows, 3 columns left over" in found.tail_note


def test_the_tail_of_n_of_m_is_told():
    weight = gaussian((2, 3, 3, 3))
    pruner = pruner_by_name("2:4")
    found = mask_statistics(weight, pruner.mask(weight), pruner)
    assert found.requested_sparsity == 0.5
    assert found.nnz == 2 * 14
    assert found.tail_note == "the last group of every row has 3 weights, of which 2 kept"
    whole = gaussian((2, 4, 3, 3))
    assert mask_statistics(whole, pruner.mask(whole), pruner).tail_note == ""


@pytest.mark.parametrize(
    ("name", "kept", "note"),
    [
        ("nm-pairs-4:8", range(26, 29), "the last group of every row has 2 pairs, of which 1 kept"),
        ("vnm-2:2:8", [14], "the last group of every row has 3 weights, of which 1 kept"),
    ],
)
def test_the_tail_of_pairs_and_of_blocks_is_told(name, kept, note):
    weight = gaussian((2, 3, 3, 3))
    pruner = pruner_by_name(name)
    found = mask_statistics(weight, pruner.mask(weight), pruner)
    assert found.tail_note == note
    assert found.nnz in kept  # the last pair of 27 columns is a single one
    whole = gaussian((2, 8, 3, 3))
    assert mask_statistics(whole, pruner.mask(whole), pruner).tail_note == ""


def test_n_of_m_rows_are_balanced():
    weight = gaussian((16, 32))
    found = mask_statistics(weight, pruner_by_name("2:4").mask(weight))
    assert found.row_nnz_variation == 0
    assert found.busiest_row_over_mean == 1


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (2, 0, 3, 3)])
def test_an_empty_mask_has_figures(shape):
    found = mask_statistics(np.empty(shape), np.empty(shape, np.bool_))
    assert (found.nnz, found.size, found.sparsity) == (0, 0, 0)
    assert found.kept_magnitude_fraction == 1


def test_a_mask_that_keeps_nothing_has_figures():
    found = mask_statistics(np.ones((2, 3)), np.zeros((2, 3), np.bool_))
    assert found.sparsity == 1
    assert found.row_nnz_variation == found.busiest_row_over_mean == found.kept_magnitude_fraction == 0


def test_shapes_must_agree():
    with pytest.raises(InputError, match=r"mask has shape \(3, 2\), its weight \(2, 3\)"):
        mask_statistics(np.ones((2, 3)), np.ones((3, 2), np.bool_))


def test_real_weights_are_less_balanced_than_random_ones(data_dir):
    with np.load(data_dir / "nets" / "lenet300100_original.npz", allow_pickle=False) as arrays:
        weight = arrays["ip1_weight"]
    pruner = pruner_by_name("magnitude", 0.9)
    real = mask_statistics(weight, pruner.mask(weight), pruner)
    random = gaussian(weight.shape)
    uniform = mask_statistics(random, pruner.mask(random), pruner)
    assert real.sparsity == uniform.sparsity == pytest.approx(0.9, abs=1e-5)
    assert real.row_nnz_variation > 2 * uniform.row_nnz_variation
    assert real.busiest_row_over_mean > uniform.busiest_row_over_mean


def test_columns_and_tiles_are_counted_on_the_lowered_matrix():
    mask = np.zeros((5, 7), np.bool_)
    mask[0, :4] = mask[4, 6] = True
    found = mask_statistics(np.ones((5, 7)), mask, tiles=((2, 3), (16, 16)))
    assert list(found.tiles) == ["2x3", "16x16"]
    tiles = np.array([[3, 1, 0], [0, 0, 0], [0, 0, 1]])
    balance = found.tiles["2x3"]
    assert balance.mean == pytest.approx(5 / 9)
    assert balance.variation == pytest.approx(tiles.std() / (5 / 9))
    assert balance.busiest_over_mean == pytest.approx(3 / (5 / 9))
    assert balance.empty == pytest.approx(6 / 9)
    assert found.tiles["16x16"] == Balance(5.0, 0.0, 1.0, 0.0)
    assert found.columns == Balance(5 / 7, pytest.approx(np.std([1, 1, 1, 1, 0, 0, 1]) / (5 / 7)), 7 / 5, 2 / 7)


def test_columns_of_a_convolution_are_inputs_at_a_position():
    mask = np.zeros((2, 3, 1, 2), np.bool_)
    mask[:, 1, 0, 1] = True
    found = mask_statistics(np.ones(mask.shape), mask, tiles=((2, 3),))
    assert found.columns.busiest_over_mean == 6
    assert found.tiles["2x3"].empty == 0.5  # (kh, kw, c_in): the two positions are one tile each


def test_tiles_of_two_usual_sizes_are_counted_by_default():
    found = mask_statistics(np.ones((300, 40)), np.ones((300, 40), np.bool_))
    assert {name: balance.mean for name, balance in found.tiles.items()} == {
        "16x16": pytest.approx(12_000 / (19 * 3)),
        "128x128": pytest.approx(4_000),
    }


def test_layers_and_their_total():
    weights = {"a": gaussian((20, 30), 1), "b": gaussian((10, 10), 2) * 1e-3}
    pruner = pruner_by_name("magnitude-global", 0.8)
    masks = pruner.masks(weights)
    total = total_statistics(weights, masks, pruner)
    assert (total.nnz, total.size) == (140, 700)
    assert total.requested_sparsity == 0.8
    assert total.sparsity == pytest.approx(0.8)
    assert total.empty_layers == ("b",)
    kept = sum(float(np.abs(w[masks[n]]).sum()) for n, w in weights.items())
    assert total.kept_magnitude_fraction == pytest.approx(kept / sum(float(np.abs(w).sum()) for w in weights.values()))
    layers = network_statistics(weights, masks, pruner)
    assert [layers[name].requested_sparsity for name in weights] == [None, None]  # only their sum is asked for
    assert layers["a"].nnz == 140
    by_layer = Pruner(Element(), ByLayer({"a": 0.5}, 0.25))
    found = network_statistics(weights, by_layer.masks(weights), by_layer)
    assert [found[name].requested_sparsity for name in weights] == [0.5, 0.25]
    assert total_statistics({}, {}).sparsity == 0
    with pytest.raises(InputError, match="masks of a do not belong to weights of a, b"):
        network_statistics(weights, {"a": masks["a"]})
