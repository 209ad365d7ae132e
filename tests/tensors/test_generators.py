import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.limits import memory_budget
from sparsesim.tensors import DenseMatrix, SparseMatrix, banded, block, drawn_nm, group_violation, nm, rmat, uniform

SIDE = st.integers(0, 30)
MAKERS = {
    "uniform": lambda seed: uniform(20, 30, 0.3, seed),
    "dense uniform": lambda seed: uniform(20, 30, 0.8, seed),
    "rmat": lambda seed: rmat(40, 50, 200, seed=seed),
    "banded": lambda seed: banded(20, 20, 2, 3, 0.5, seed),
    "block": lambda seed: block(20, 30, 4, 4, 0.5, seed),
    "nm": lambda seed: nm(20, 30, 2, 4, seed),
}


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_the_seed_decides(maker) -> None:
    first: SparseMatrix = maker(1)
    assert first.equals(maker(1))
    assert not first.equals(maker(2))
    assert first.value_array().dtype == np.float32
    assert first.value_array().all()


@given(rows=SIDE, columns=SIDE, density=st.floats(0, 1), seed=st.integers(0, 99))
@settings(deadline=None)
def test_uniform_has_the_exact_count(rows: int, columns: int, density: float, seed: int) -> None:
    matrix = uniform(rows, columns, density, seed)
    assert (matrix.shape, matrix.nnz) == ((rows, columns), round(density * rows * columns))


@pytest.mark.parametrize("density", [0.2, 0.7])
def test_uniform_prefers_no_position(density: float) -> None:
    draws = 2000
    hits = sum((uniform(4, 5, density, seed).to_array() != 0).astype(int) for seed in range(draws))
    spread = np.sqrt(density * (1 - density) / draws)
    assert np.abs(hits / draws - density).max() < 5 * spread


def test_uniform_needs_no_dense_temporaries() -> None:
    matrix = uniform(10**6, 10**6, 2e-9, seed=1)
    assert matrix.nnz == 2000


@given(rows=st.integers(1, 40), columns=st.integers(1, 40), seed=st.integers(0, 99))
@settings(deadline=None)
def test_rmat_has_the_exact_count(rows: int, columns: int, seed: int) -> None:
    nnz = rows * columns // 5
    matrix = rmat(rows, columns, nnz, seed=seed)
    assert (matrix.shape, matrix.nnz) == ((rows, columns), nnz)


def test_rmat_is_skewed_as_its_quadrants_say() -> None:
    matrix = rmat(2**20, 2**20, 5000, a=0.6, b=0.15, c=0.2, seed=4)
    bottom = np.repeat(np.arange(2**20), matrix.row_lengths) >= 2**19
    right = matrix.indices >= 2**19
    shares = [(~bottom & ~right).mean(), (~bottom & right).mean(), (bottom & ~right).mean(), (bottom & right).mean()]
    assert shares == pytest.approx([0.6, 0.15, 0.2, 0.05], abs=0.03)
    wide = rmat(2, 2**30, 2000, a=0.6, b=0.15, c=0.2, seed=4)
    assert (wide.indices < 2**29).mean() == pytest.approx(0.8, abs=0.03)
    assert (wide.indices % 2**29 < 2**28).mean() == pytest.approx(0.8, abs=0.03)


def test_rmat_that_cannot_be_drawn() -> None:
    with pytest.raises(InputError, match="of 64 distinct entries came up"):
        rmat(8, 8, 64, a=1.0, b=0.0, c=0.0)
    with pytest.raises(InputError, match="do not fit"):
        rmat(2, 2, 5)
    with pytest.raises(InputError, match="exceed 1 together"):
        rmat(4, 4, 2, a=0.9, b=0.9, c=0.0)


@given(rows=SIDE, columns=SIDE, lower=st.integers(-3, 8), upper=st.integers(-3, 8), density=st.sampled_from((1.0, 0.4)))
@settings(deadline=None)
def test_banded(rows: int, columns: int, lower: int, upper: int, density: float) -> None:
    matrix = banded(rows, columns, lower, upper, density, seed=2)
    offset = np.arange(columns)[None, :] - np.arange(rows)[:, None]
    band = (-lower <= offset) & (offset <= upper)
    assert not (matrix.to_array()[~band]).any()
    assert matrix.nnz == round(density * int(band.sum()))


@given(rows=SIDE, columns=SIDE, height=st.integers(1, 6), width=st.integers(1, 6), density=st.floats(0, 1))
@settings(deadline=None)
def test_blocks_are_full_or_empty(rows: int, columns: int, height: int, width: int, density: float) -> None:
    dense = block(rows, columns, height, width, density, seed=5).to_array() != 0
    tiles = [dense[r : r + height, c : c + width] for r in range(0, rows, height) for c in range(0, columns, width)]
    assert all(tile.all() or not tile.any() for tile in tiles)
    assert sum(bool(tile.any()) for tile in tiles) == round(density * len(tiles))


@given(rows=SIDE, columns=SIDE, keep=st.integers(1, 4), extra=st.integers(0, 4), seed=st.integers(0, 9))
@settings(deadline=None)
def test_nm_keeps_exactly_the_rule(rows: int, columns: int, keep: int, extra: int, seed: int) -> None:
    of = keep + extra
    matrix = nm(rows, columns, keep, of, seed)
    assert group_violation(matrix, keep, of) is None
    dense = matrix.to_array() != 0
    for start in range(0, columns, of):
        length = min(of, columns - start)
        assert (dense[:, start : start + of].sum(axis=1) == -(-length * keep // of)).all()
    drawn = drawn_nm(rows, columns, keep, of, seed)
    assert (drawn.nnz, drawn.group) == (matrix.nnz, (keep, of))
    assert drawn.to_sparse().equals(matrix)


def test_nm_places_are_equally_likely() -> None:
    share = (nm(3000, 4, 2, 4, seed=7).to_array() != 0).mean(axis=0)
    assert share == pytest.approx([0.5] * 4, abs=0.05)


def test_drawing_waits_until_it_is_needed() -> None:
    drawn = drawn_nm(10**6, 10**6, 2, 4)
    assert drawn.nnz == 5 * 10**11
    assert drawn.density == 0.5


@pytest.mark.parametrize(
    "make",
    [
        lambda: uniform(-1, 4, 0.5),
        lambda: uniform(4, 4, 1.5),
        lambda: uniform(4, 4, float("nan")),
        lambda: banded(4, 4, 1, 1, -0.1),
        lambda: block(4, 4, 0, 2, 0.5),
        lambda: nm(4, 4, 3, 2),
        lambda: drawn_nm(4, 4, 0, 2),
    ],
)
def test_arguments_that_make_no_sense(make) -> None:
    with pytest.raises(InputError):
        make()


@pytest.mark.parametrize(
    "draw",
    [
        lambda n: uniform(n, n, 0.9),
        lambda n: uniform(n, 0, 0.5),
        lambda n: rmat(n, n, n * n // 2),
        lambda n: banded(n, 10, 3, 3),
        lambda n: banded(100, n, 0, n),
        lambda n: block(n, n, 4, 4, 0.5),
        lambda n: block(4, 4, n, n, 1.0),
        lambda n: nm(n, 64, 2, 4),
    ],
)
def test_memory_is_asked_for_before_anything_is_drawn(draw) -> None:
    for size, budget in ((10**6, 10**6), (10**9, 10**9)):
        tracemalloc.start()
        with memory_budget(budget), pytest.raises(InputError, match=r"needs .*B of memory, more than the 1 [MG]B"):
            draw(size)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak_bytes < 40 * 10**6


@pytest.mark.parametrize("seed", [-1, 1.5, "a"])
def test_what_is_no_seed_is_one_line(seed: object) -> None:
    for draw in (lambda: uniform(2, 2, 0.5, seed=seed), lambda: DenseMatrix((2, 2), seed=seed).to_array()):
        with pytest.raises(InputError, match=r"seed .*: must be a whole number that is not negative"):
            draw()


def test_sides_that_64_bits_do_not_count_are_refused() -> None:
    with pytest.raises(InputError, match="positions of a matrix: 2147483648 x 4294967296 is more than"):
        uniform(2**31, 2**32, 0.0)
    with pytest.raises(InputError, match="positions of a matrix"):
        drawn_nm(2**40, 2**40, 2, 4)
