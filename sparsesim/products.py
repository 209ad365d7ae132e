"""One product, given by two matrices or by its sizes alone, in several formats on several machines."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from sparsesim.errors import InputError, PatternError
from sparsesim.hardware import EnergyTable, Machine, common_table
from sparsesim.matmul import MatmulOp, matmul_op
from sparsesim.results import Result
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor
from sparsesim.tensors.generators import drawn_nm, uniform


def multiply(
    a: Tensor,
    b: Tensor,
    machines: Sequence[Machine],
    formats: Sequence[str] = (),
    dtype: str = "",
    *,
    table: str | EnergyTable | None = None,
    engine: str = "fast",
    name: str = "matmul",
    out_dtype: str = "",
) -> list[Result]:
    """C = A x B with A in every format on every machine.

    Left out, `formats` is the fastest of those that the machine's kernels are made for, `dtype` the machine's first
    number type, and `out_dtype`, in which C is written, that of the operands. The `table` prices all machines; "own"
    prices each at its own technology, which is also what one machine gets if it is left out (several get
    horowitz-45nm).
    What a format or machine refuses is raised as SparsesimError; InputError for sides that do not fit.
    """
    prices = common_table(table, [machine.name for machine in machines])
    results = []
    for machine in machines:
        number_type = dtype or machine.default_dtype
        product = partial(_product, a, b, number_type, out_dtype, machine, prices, engine, name)
        if formats:
            results += [product(format) for format in formats]
        else:
            results.append(_fastest(product, machine.natural_formats(a.density, number_type)))
    return results


def _product(
    a: Tensor,
    b: Tensor,
    dtype: str,
    out_dtype: str,
    machine: Machine,
    table: EnergyTable | None,
    engine: str,
    name: str,
    format: str,
) -> Result:
    op = matmul_op(a, b, format, dtype, name=name, out_dtype=out_dtype)
    # Compile on something tiny first, so that the time reported is that of the simulation.
    simulate(_tiny(op), machine, table, engine=engine)
    return simulate(op, machine, table, engine=engine)


def _fastest(product: Callable[[str], Result], formats: Iterable[str]) -> Result:
    """The fastest of the formats that can hold A, the first of equals; the first refusal if none can."""
    tried, refused = list[Result](), list[PatternError]()
    for format in formats:
        try:
            tried.append(product(format))
        except PatternError as error:
            refused.append(error)
    if not tried:
        raise refused[0]
    return min(tried, key=lambda result: result.seconds)


def gemm(
    m: int,
    n: int,
    k: int,
    machines: Sequence[Machine],
    formats: Sequence[str] = (),
    dtype: str = "",
    sparsity: str = "0",
    *,
    table: str | EnergyTable | None = None,
    engine: str = "fast",
    seed: int = 0,
    out_dtype: str = "",
) -> list[Result]:
    """M tokens times N x K weights drawn by `seed`; `sparsity` as in `drawn_weights`, the rest as in `multiply`.

    Machines are taken as they are; `machine.benchmarked(runs, warm)` times them as published tables do.
    """
    for name, side in (("M", m), ("N", n), ("K", k)):
        if side < 1:
            raise InputError(f"{name} is {side}; it must be at least 1")
    weights, tokens = drawn_weights(n, k, sparsity, seed), DenseMatrix((k, m), seed=seed + 1)
    name = f"gemm {m} x {n} x {k}"
    results = multiply(
        weights, tokens, machines, formats, dtype, table=table, engine=engine, name=name, out_dtype=out_dtype
    )
    pruner = f"seeded {sparsity}" if weights.density < 1 else "none"
    return [
        replace(result, network="gemm", pruner=pruner, sparsity=1 - weights.density, weights="seeded")
        for result in results
    ]


def drawn_weights(rows: int, columns: int, sparsity: str, seed: int = 0) -> Tensor:
    """Seeded weights [rows, columns] with a pattern.

    `sparsity` is a fraction of zeros at uniform positions ("0.9"), N:M ("2:4"), or the name of a fixed pattern that
    keeps the largest of dense weights ("vnm-64:2:16"). Raises InputError for anything else.
    """
    if ":" in sparsity and "-" in sparsity:
        return _pruned(DenseMatrix((rows, columns), seed=seed), sparsity)
    if ":" in sparsity:
        keep, _, of = sparsity.partition(":")
        if not (keep.isdigit() and of.isdigit() and 0 < int(keep) <= int(of)):
            raise InputError(f"sparsity {sparsity!r} is not N:M with N kept of every M, such as 2:4")
        return drawn_nm(rows, columns, int(keep), int(of), seed)
    try:
        fraction = float(sparsity)
    except ValueError:
        raise InputError(f"sparsity {sparsity!r} is neither N:M nor a fraction") from None
    if not 0 <= fraction < 1:
        raise InputError(f"sparsity {sparsity} must lie in [0, 1)")
    return DenseMatrix((rows, columns), seed=seed) if fraction == 0 else uniform(rows, columns, 1 - fraction, seed)


def _pruned(weights: DenseMatrix, pruner: str) -> SparseMatrix:
    """What a pruner of a fixed pattern leaves."""
    from sparsesim.pruning import pruner_by_name  # few products need a pruner, and all would wait for its kernels

    values = weights.to_array()
    return SparseMatrix.from_dense(np.where(pruner_by_name(pruner).mask(values), values, np.float32(0)))


def _tiny(op: MatmulOp) -> MatmulOp:
    """Four diagonal ones of 8 x 8 times an operand of the same kind as B: every unit and format accepts them."""
    ones = SparseMatrix.from_dense(np.diag([1.0] * 4 + [0.0] * 4))
    b = DenseMatrix((8, 8)) if isinstance(op.b.tensor, DenseMatrix) else ones
    return matmul_op(ones, b, op.a.format.name, op.a.dtype.name)
