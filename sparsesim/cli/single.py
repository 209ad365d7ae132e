"""Two quick questions: one product of files, one GEMM by its sizes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Dtype, Energy, Engine, Fallback, Formats, Json, Machines, Seed
from sparsesim.errors import InputError

if TYPE_CHECKING:
    from sparsesim.hardware import Machine
    from sparsesim.matmul import MatmulOp
    from sparsesim.results import Result
    from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor

DEFAULT_TABLE = "horowitz-45nm"

BENCHMARK_RUNS = 75
"""25 runs to warm up and 50 timed ones, as published tables are measured."""


def matmul(
    a: Annotated[Path, typer.Argument(help="Matrix A: .mtx, .mtx.gz, .smtx, .npz, or archive.zip/member.")],
    b: Annotated[Path | None, typer.Argument(help="Matrix B; A itself if left out.")] = None,
    machine: Machines = ["sparch"],  # noqa: B006 - typer reads the default and never changes it
    format: Formats = [],  # noqa: B006
    dtype: Dtype = "",
    transpose_b: Annotated[bool, typer.Option("--transpose-b", help="Multiply by the transpose of B.")] = False,
    energy_table: Energy = DEFAULT_TABLE,
    engine: Engine = "fast",
    on_violation: Fallback = "refuse",
    as_json: Json = False,
) -> None:
    """Multiply two matrices from files: C = A x B (B defaults to A)."""
    from sparsesim.lowering import matmul_op
    from sparsesim.tensors import read_matrix

    left = read_matrix(a)
    right = left if b is None else read_matrix(b)
    if transpose_b:
        right = right.transposed
    if left.shape[1] != right.shape[0]:
        hint = "; give B, or --transpose-b for A x A^T" if b is None else ""
        raise InputError(
            f"{a} is {left.shape[0]} x {left.shape[1]} and cannot be multiplied by {b or 'itself'}, "
            f"which has {right.shape[0]} rows{hint}"
        )

    def build(unit: "Machine", format: str, number_type: str) -> "MatmulOp":
        return matmul_op(left, right, format, number_type, name=a.name)

    results = _run(build, left, machine, format, dtype, energy_table, engine, on_violation)
    _show(results, as_json)


def gemm(
    m: Annotated[int, typer.Argument(metavar="M", help="Tokens: rows of the activations.")],
    n: Annotated[int, typer.Argument(metavar="N", help="Outputs: rows of the weights, which carry the sparsity.")],
    k: Annotated[int, typer.Argument(metavar="K", help="Inputs: columns of the weights.")],
    machine: Machines = ["a100-pcie"],  # noqa: B006
    format: Formats = [],  # noqa: B006
    dtype: Dtype = "",
    sparsity: Annotated[str, typer.Option("--sparsity", help="2:4, vnm-64:2:16, nm-pairs-4:8 or a fraction.")] = "0",
    runs: Annotated[
        int, typer.Option("--runs", min=0, help="Equal runs after each other, as a benchmark does; 0: without end.")
    ] = BENCHMARK_RUNS,
    cold: Annotated[bool, typer.Option("--cold", help="Operands do not lie in the L2 from the run before.")] = False,
    seed: Seed = 0,
    energy_table: Energy = DEFAULT_TABLE,
    engine: Engine = "fast",
    on_violation: Fallback = "refuse",
    as_json: Json = False,
) -> None:
    """One GEMM by its sizes, as cuBLAS and cuSPARSELt tables list them: M tokens x (N x K weights).

    It is timed as such tables are: one of many equal runs that find small operands in the L2.
    """
    from sparsesim.lowering import matmul_op
    from sparsesim.tensors import DenseMatrix

    for name, side in (("M", m), ("N", n), ("K", k)):
        if side < 1:
            raise InputError(f"{name} is {side}; it must be at least 1")
    weights = _weights(n, k, sparsity, seed)
    tokens = DenseMatrix((k, m), seed=seed + 1)

    def build(unit: "Machine", format: str, number_type: str) -> "MatmulOp":
        return matmul_op(weights, tokens, format, number_type, name=f"gemm {m} x {n} x {k}")

    pruner = f"seeded {sparsity}" if weights.density < 1 else "none"
    results = _run(build, weights, machine, format, dtype, energy_table, engine, on_violation, runs or None, not cold)
    _show(
        [replace(r, network="gemm", pruner=pruner, sparsity=1 - weights.density, weights="seeded") for r in results],
        as_json,
    )


def _weights(rows: int, columns: int, sparsity: str, seed: int) -> "Tensor":
    """Seeded weights: N:M by the rule, a named fixed pattern by magnitude, else uniform of the given sparsity."""
    from sparsesim.tensors import DenseMatrix
    from sparsesim.tensors.generators import drawn_nm, uniform

    if ":" in sparsity and "-" in sparsity:
        return _pruned(DenseMatrix((rows, columns), seed=seed), sparsity)
    if ":" in sparsity:
        keep, _, of = sparsity.partition(":")
        if not (keep.isdigit() and of.isdigit() and 0 < int(keep) <= int(of)):
            raise InputError(f"--sparsity {sparsity!r} is not N:M with N kept of every M, such as 2:4")
        return drawn_nm(rows, columns, int(keep), int(of), seed)
    try:
        fraction = float(sparsity)
    except ValueError:
        raise InputError(f"--sparsity {sparsity!r} is neither N:M nor a fraction") from None
    if not 0 <= fraction < 1:
        raise InputError(f"--sparsity {sparsity} must lie in [0, 1)")
    return DenseMatrix((rows, columns), seed=seed) if fraction == 0 else uniform(rows, columns, 1 - fraction, seed)


def _pruned(weights: "DenseMatrix", pruner: str) -> "SparseMatrix":
    """What a pruner of a fixed pattern leaves of random weights."""
    import numpy as np

    from sparsesim.pruning import pruner_by_name
    from sparsesim.tensors import SparseMatrix

    values = weights.to_array()
    return SparseMatrix.from_dense(np.where(pruner_by_name(pruner).mask(values), values, np.float32(0)))


def _run(
    build: Callable[["Machine", str, str], "MatmulOp"],
    a: "Tensor",
    machines: list[str],
    formats: list[str],
    dtype: str,
    energy_table: str,
    engine: str,
    on_violation: str,
    runs: int | None = None,
    warm: bool = False,
) -> "list[Result]":
    """Every format on every machine; left out, the machine's own format and number type are taken."""
    from sparsesim.hardware import load_energy_table, load_machine
    from sparsesim.simulation import simulate

    table, results = load_energy_table(energy_table), []
    for name in machines:
        unit = load_machine(name).with_on_violation(on_violation).benchmarked(runs, warm)
        for format in formats or [unit.accelerator.natural_format(a.density)]:
            number_type = dtype or unit.accelerator.default_dtype
            op = build(unit, format, number_type)
            # Compile on something tiny first, so that the time reported is that of the simulation.
            simulate(_tiny(format, number_type, op), unit, table, engine=engine)
            results.append(simulate(op, unit, table, engine=engine))
    return results


def _tiny(format: str, number_type: str, op: "MatmulOp") -> "MatmulOp":
    """Four diagonal ones of 8 x 8 times an operand of the same kind as B: every unit and format accepts them."""
    import numpy as np

    from sparsesim.lowering import matmul_op
    from sparsesim.tensors import DenseMatrix, SparseMatrix

    ones = SparseMatrix.from_dense(np.diag([1.0] * 4 + [0.0] * 4))
    b = DenseMatrix((8, 8)) if isinstance(op.b.tensor, DenseMatrix) else ones
    return matmul_op(ones, b, format, number_type)


def _show(results: "list[Result]", as_json: bool) -> None:
    if as_json:
        import json

        for result in results:
            typer.echo(json.dumps(result.as_object()))
        return
    from sparsesim.report.table import single_table

    console().print(single_table(results))
