"""Pictures of masks: what they show is checked on the axes."""

from itertools import pairwise

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.pruning import to_matrix
from sparsesim.report.spy import MOST_CELLS, MOST_PANELS, draw_spy
from sparsesim.tensors import SparseMatrix


def mask_of(shape, density=0.3):
    return np.random.default_rng(3).random(shape) < density


def panel(figure, number=0):
    """Squares, bars of rows, bars of columns, and the words above."""
    squares, right, above = figure.axes[3 * number : 3 * number + 3]
    image = np.asarray(squares.images[0].get_array())
    return (
        image,
        [bar.get_width() for bar in right.patches],
        [bar.get_height() for bar in above.patches],
        above.get_title(loc="left"),
    )


def test_a_small_mask_shows_every_weight():
    mask = mask_of((7, 11))
    figure = draw_spy(mask, "a title")
    image, rows, columns, words = panel(figure)
    np.testing.assert_array_equal(image, mask)
    assert rows == mask.sum(axis=1).tolist()
    assert columns == mask.sum(axis=0).tolist()
    assert f"7 × 11, {mask.mean():.1%} non-zero" in words
    assert f"fullest row {mask.sum(axis=1).max() / mask.sum(axis=1).mean():.2f}" in words
    assert figure.texts[0].get_text() == "a title"


def test_a_large_mask_shows_densities():
    mask = mask_of((600, 300), 0.1)
    figure = draw_spy(mask)
    image, rows, columns, words = panel(figure)
    assert image.shape == (200, 150)
    assert max(image.shape) <= MOST_CELLS
    np.testing.assert_allclose(image, mask.reshape(200, 3, 150, 2).mean(axis=(1, 3)))
    np.testing.assert_allclose(rows, mask.sum(axis=1).reshape(200, 3).mean(axis=1))
    np.testing.assert_allclose(columns, mask.sum(axis=0).reshape(150, 2).mean(axis=1))
    assert f"darkest square {image.max():.0%}" in words


def test_squares_at_the_edge_count_what_they_hold():
    figure = draw_spy(np.ones((257, 3), np.bool_))
    image, rows, _, _ = panel(figure)
    assert image.shape == (129, 3)
    assert (image == 1).all()
    assert rows == [3] * 129


def test_convolutions_are_lowered_and_sparse_matrices_taken_as_they_are():
    mask = mask_of((4, 3, 3, 3))
    figure = draw_spy({"conv": mask, "csr": SparseMatrix.from_dense(to_matrix(mask).astype(np.float32))})
    np.testing.assert_array_equal(panel(figure)[0], to_matrix(mask))
    np.testing.assert_array_equal(panel(figure, 1)[0], to_matrix(mask))
    assert panel(figure)[3].startswith("conv  4 × 27")


def test_squares_bars_and_means_lie_on_one_scale():
    """257 rows in pairs, the last one alone; a quarter of the first column is kept, and all of the third."""
    mask = np.zeros((257, 3), np.bool_)
    mask[:64, 0], mask[:, 2] = True, True
    figure = draw_spy(mask)
    squares, right, above = figure.axes
    assert squares.images[0].get_extent() == [-0.5, 2.5, 256.5, -0.5]
    assert (squares.get_xlim(), squares.get_ylim()) == (above.get_xlim(), right.get_ylim())
    assert [bar.get_y() + bar.get_height() / 2 for bar in right.patches][:2] == [0.5, 2.5]
    assert [bar.get_y() + bar.get_height() / 2 for bar in right.patches][-1] == 256
    assert [bar.get_x() + bar.get_width() / 2 for bar in above.patches] == [0, 1, 2]
    assert [bar.get_height() for bar in above.patches] == [64, 0, 257]
    assert [line.get_xdata()[0] for line in right.lines] == [pytest.approx((64 + 257) / 257)]
    assert [line.get_ydata()[0] for line in above.lines] == [pytest.approx((64 + 257) / 3)]
    assert (right.get_xlim(), above.get_ylim()) == ((0, 1.05 * 2), (0, 1.05 * 257))
    assert [list(axis.get_ticklocs()) for axis in (right.xaxis, above.yaxis)] == [[0, 2], [0, 257]]
    words = panel(figure)[3]
    assert words == "257 × 3, 41.6% non-zero\nfullest row 1.60, column 2.40 × mean; darkest square 100%"


@pytest.mark.parametrize(("shape", "darkest"), [((4, 4), 2.0), ((512, 4), 0.5), ((512, 512), 1 / 256)])
def test_a_single_non_zero_can_be_seen(shape, darkest):
    """Whole weights are drawn in the middle blue; squares of several up to the darkest that there is."""
    mask = np.zeros(shape, np.bool_)
    mask[0, 0] = True
    image = draw_spy(mask).axes[0].images[0]
    found = image.get_array()[0, 0]
    assert found == 1 / (np.prod(shape) / np.prod(image.get_array().shape))
    assert image.get_clim() == (0, max(darkest, found))
    red, _, blue, _ = image.cmap(image.norm(found))
    assert red < blue - 0.05
    assert image.cmap(image.norm(0.0))[:3] == (1, 1, 1)


@pytest.mark.parametrize(("count", "across", "down"), [(1, 1, 1), (2, 2, 1), (4, 2, 2), (5, 3, 2), (12, 4, 3)])
def test_panels_stand_in_rows_from_the_top(count, across, down):
    figure = draw_spy({f"layer{number}": mask_of((4, 4)) for number in range(count)})
    places = [axes.get_position() for axes in figure.axes[::3]]
    assert len({round(place.x0, 6) for place in places}) == across
    assert len({round(place.y0, 6) for place in places}) == down
    assert all(one.y0 >= other.y0 for one, other in pairwise(places))
    assert [panel(figure, number)[3].split()[0] for number in range(count)] == [f"layer{n}" for n in range(count)]


def test_only_the_largest_layers_are_drawn():
    masks = {f"layer{i}": mask_of((4, 4 + i % 15)) for i in range(15)}
    figure = draw_spy(masks, "net")
    assert len(figure.axes) == 3 * MOST_PANELS
    assert panel(figure)[3].startswith("layer3 ")
    assert figure.texts[0].get_text() == "net (the 12 largest of 15 layers)"


def test_a_mask_without_weights_left_is_drawn():
    figure = draw_spy(np.zeros((3, 4), np.bool_))
    assert "0.0% non-zero" in panel(figure)[3]


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((2, 2)), r"a mask must be bool .*, found float64 \(2, 2\)"),
        (np.ones(3, np.bool_), r"found bool \(3,\)"),
        (np.ones((0, 3), np.bool_), "no matrix with rows and columns"),
        ({}, "no matrix with rows and columns"),
    ],
)
def test_what_cannot_be_drawn_is_refused(matrix, message):
    with pytest.raises(InputError, match=message):
        draw_spy(matrix)
