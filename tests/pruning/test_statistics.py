import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.pruning import mask_statistics, pruner_by_name
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
