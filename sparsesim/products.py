"""One product, given by two matrices or by its sizes alone, in several formats on several machines."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from operator import index
from typing import Any, Final

import numpy as np

from sparsesim.errors import InputError, PatternError, SparsesimError, TooLargeError
from sparsesim.formats import Format, formats_by_name
from sparsesim.hardware import EnergyTable, Machine, common_table, load_machines
from sparsesim.limits import MAX_MACS, check_memory, checked_size
from sparsesim.matmul import MatmulOp, matmul_op
from sparsesim.results import Result
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, DrawnMatrix, SparseMatrix, Tensor, as_tensor
from sparsesim.tensors.generators import drawn_nm, uniform
from sparsesim.yaml_file import Given

BENCHMARK_RUNS: Final = 75
"""25 runs to warm up and 50 timed ones, as published tables are measured."""


def multiply(
    a: Any,
    b: Any,
    machines: Given | Machine | Iterable[Given | Machine],
    formats: str | Format | Iterable[str | Format] = (),
    dtype: str = "",
    *,
    table: Given | EnergyTable | None = None,
    engine: str = "fast",
    name: str = "matmul",
    out_dtype: str = "",
    on_violation: str | None = None,
) -> list[Result]:
    """C = A x B with A in every format on every machine; one Result each, whose fields have their units.

    Args:
        a: a matrix, its name or path (see `read_matrix`), a 2-D array or a SciPy matrix.
        b: the same; None for A itself. Without zeros it is stored dense, else as A is.
        machines: one or several, each by name, path, mapping or itself.
        formats: one or several, by name or themselves; by default the fastest of those that the machine's kernels are
            made for.
        dtype: number type of both; by default the machine's first.
        table: prices of all machines, by name, path, mapping or itself; "own" prices each at its own technology, which
            is also what one machine gets if it is left out (several get horowitz-45nm).
        engine: "fast", "event", "lower-bound" or "upper-bound".
        out_dtype: number type in which C is written; by default that of the operands.
        name: what results call it.
        on_violation: what happens to a format without a kernel, "unpack" or "refuse"; None as the machine says.

    Raises SparsesimError where a format or machine refuses, InputError for sides that do not fit.

    >>> import sparsesim as ss
    >>> for result in ss.multiply("karate", None, ["sparch", "core-i7-5930k"], "csr", "fp32"):
    ...     print(result.machine, result.kernel, result.macs)
    sparch condensed_outer_product 1212
    core-i7-5930k spgemm 1212
    """
    left = as_tensor(a)
    right, units = left if b is None else as_tensor(b), _machines(machines, on_violation)
    prices, stored, results = (
        common_table(table, [unit.name for unit in units]),
        formats_by_name(formats),
        list[Result](),
    )
    for unit in units:
        number_type = dtype or unit.default_dtype
        product = partial(_product, left, right, number_type, out_dtype, unit, prices, engine, name)
        if stored:
            results += [product(format) for format in stored]
        else:
            natural = unit.natural_formats(left.density, number_type)
            # Without zeros only the smallest products are faster in another format, and those fit any memory.
            passed_over = (PatternError, TooLargeError) if left.density == 1 and "dense" in natural else (PatternError,)
            results.append(_fastest(product, natural, passed_over))
    return results


def _machines(given: Given | Machine | Iterable[Given | Machine], on_violation: str | None) -> list[Machine]:
    found = load_machines(given)
    return found if on_violation is None else [machine.with_on_violation(on_violation) for machine in found]


def _product(
    a: Tensor,
    b: Tensor,
    dtype: str,
    out_dtype: str,
    machine: Machine,
    table: EnergyTable | None,
    engine: str,
    name: str,
    format: str | Format,
) -> Result:
    op = matmul_op(a, b, format, dtype, name=name, out_dtype=out_dtype)
    # Compile on something tiny first, so that the time reported is that of the simulation.
    simulate(_tiny(op), machine, table, engine=engine)
    return simulate(op, machine, table, engine=engine)


def _fastest(
    product: Callable[[str | Format], Result], formats: Iterable[str], passed_over: tuple[type[SparsesimError], ...]
) -> Result:
    """The fastest of the formats that can hold A, the first of equals; the first refusal if none can."""
    tried, refused = list[Result](), list[SparsesimError]()
    for format in formats:
        try:
            tried.append(product(format))
        except passed_over as error:
            refused.append(error)
    if not tried:
        raise refused[0]
    return min(tried, key=lambda result: result.seconds)


def gemm(
    m: int,
    n: int,
    k: int,
    machines: Given | Machine | Iterable[Given | Machine],
    formats: str | Format | Iterable[str | Format] = (),
    dtype: str = "",
    sparsity: str | float = "0",
    *,
    table: Given | EnergyTable | None = None,
    engine: str = "fast",
    seed: int = 0,
    runs: int | None = BENCHMARK_RUNS,
    cold: bool = False,
    out_dtype: str = "",
    on_violation: str | None = None,
) -> list[Result]:
    """M tokens times N x K weights drawn by `seed`, timed as published tables do; one Result per format and machine.

    `sparsity` as in `drawn_weights`. It is one of `runs` equal runs (None: without end) that find small operands in the
    L2, unless it is `cold`. The other arguments as in `multiply`.
    Raises SparsesimError where a format or machine refuses, InputError for sizes below 1 or beyond what can be counted,
    for a negative seed, for weights that do not fit the memory to draw them in, and for other patterns.

    >>> import sparsesim as ss
    >>> dense, sparse = ss.gemm(4096, 4096, 4096, "a100-pcie", ["dense", "nm-2:4"], "fp16", "2:4")
    >>> dense.kernel, sparse.kernel, sparse.m, 1 < dense.seconds / sparse.seconds < 2
    ('gemm', 'gemm-2:4', 4096, True)
    """
    # Whole numbers of Python, which do not wrap as those of NumPy do.
    m, n, k, seed = (_whole(name, value) for name, value in (("M", m), ("N", n), ("K", k), ("seed", seed)))
    for name, side in (("M", m), ("N", n), ("K", k)):
        if side < 1:
            raise InputError(f"{name} is {side}; it must be at least 1")
    checked_size("gemm: M x N x K", m, n, k, limit=MAX_MACS)
    cards = [machine.benchmarked(runs, warm=not cold) for machine in _machines(machines, on_violation)]
    sparsity = str(sparsity)
    weights, tokens = drawn_weights(n, k, sparsity, seed), DenseMatrix((k, m), seed=seed + 1)
    name = f"gemm {m} x {n} x {k}"
    results = multiply(
        weights, tokens, cards, formats, dtype, table=table, engine=engine, name=name, out_dtype=out_dtype
    )
    pruner = f"seeded {sparsity}" if weights.density < 1 else "none"
    return [
        replace(result, network="gemm", pruner=pruner, sparsity=1 - weights.density, weights="seeded")
        for result in results
    ]


def drawn_weights(rows: int, columns: int, sparsity: str, seed: int = 0) -> Tensor:
    """Seeded weights [rows, columns] with a pattern.

    `sparsity` is a fraction of zeros at uniform positions ("0.9"), N:M ("2:4"), or the name of a pruner that keeps the
    largest of dense weights ("vnm-64:2:16", "block-8x1@0.9"). Raises InputError for anything else, for a negative seed,
    and for weights that do not fit the memory to draw them in; those without a draw, such as dense ones, always do.
    """
    rows, columns, seed = (
        _whole(name, value) for name, value in (("rows", rows), ("columns", columns), ("seed", seed))
    )
    if seed < 0:
        raise InputError(f"seed: {seed}: must be at least 0")
    size = checked_size("weights", rows, columns)
    if "@" in sparsity or (":" in sparsity and "-" in sparsity):
        _check_drawing(rows, columns, _PRUNING_BYTES * size)
        return _pruned(DenseMatrix((rows, columns), seed=seed), sparsity)
    if ":" in sparsity:
        group = _N_OF_M.fullmatch(sparsity)
        if group is None or not 0 < int(group[1]) <= int(group[2]):
            raise InputError(f"sparsity {sparsity!r} is not N:M with N kept of every M, such as 2:4")
        return _drawn_nm(rows, columns, int(group[1]), int(group[2]), seed)
    try:
        fraction = float(sparsity)
    except ValueError:
        raise InputError(f"sparsity {sparsity!r} is neither N:M nor a fraction") from None
    if not 0 <= fraction < 1:
        raise InputError(f"sparsity {sparsity} must lie in [0, 1)")
    if fraction == 0:
        return DenseMatrix((rows, columns), seed=seed)
    _check_drawing(rows, columns, _UNIFORM_BYTES * round((1 - fraction) * size))
    return uniform(rows, columns, 1 - fraction, seed)


_N_OF_M: Final = re.compile("([0-9]{1,9}):([0-9]{1,9})")
_ROW_BYTES, _UNIFORM_BYTES, _MARK_BYTES, _KEPT_BYTES, _PRUNING_BYTES = 24, 48, 2, 24, 24
"""The most that drawing was measured to take, with its copies: for a row; at uniform positions for a weight that is
kept; in groups of N:M for a position and for a weight that is kept; in other patterns for a position."""


def _drawn_nm(rows: int, columns: int, keep: int, of: int, seed: int) -> DrawnMatrix:
    """With a look at the memory where it is drawn, if it ever is."""
    drawn = drawn_nm(rows, columns, keep, of, seed)

    def draw() -> SparseMatrix:
        _check_drawing(rows, columns, _MARK_BYTES * rows * columns + _KEPT_BYTES * drawn.nnz)
        return drawn.to_sparse()

    return replace(drawn, draw=draw)


def _check_drawing(rows: int, columns: int, size_bytes: int) -> None:
    check_memory(f"drawing {rows} x {columns} weights", size_bytes + _ROW_BYTES * rows)


def _whole(name: str, value: Any) -> int:
    try:
        return index(value)
    except TypeError:
        raise InputError(f"{name}: {value!r}: must be a whole number") from None


def _pruned(weights: DenseMatrix, pruner: str) -> SparseMatrix:
    """What a pruner leaves, NAME or NAME@SPARSITY."""
    from sparsesim.pruning import pruner_by_name  # few products need a pruner, and all would wait for its kernels

    name, at, amount = pruner.partition("@")
    try:
        fraction = float(amount) if at else None
    except ValueError:
        raise InputError(f"sparsity {pruner!r}: {amount!r} is no fraction") from None
    found, values = pruner_by_name(name, fraction), weights.to_array()
    return SparseMatrix.from_dense(np.where(found.mask(values), values, np.float32(0)))


def _tiny(op: MatmulOp) -> MatmulOp:
    """Four diagonal ones of 8 x 8 times an operand of the same kind as B: every unit and format accepts them."""
    ones = SparseMatrix.from_dense(np.diag([1.0] * 4 + [0.0] * 4))
    b = DenseMatrix((8, 8)) if isinstance(op.b.tensor, DenseMatrix) else ones
    return matmul_op(ones, b, op.a.format.name, op.a.dtype.name)
