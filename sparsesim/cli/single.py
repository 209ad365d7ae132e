"""Two quick questions: one product of files, one GEMM by its sizes."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sparsesim import products
from sparsesim.cli.console import console
from sparsesim.cli.options import Dtype, Energy, Engine, Fallback, Formats, Json, Machines, Seed
from sparsesim.errors import InputError
from sparsesim.hardware import DEFAULT_ENERGY_TABLE, load_energy_table, load_machine
from sparsesim.results import Result
from sparsesim.tensors import read_matrix

BENCHMARK_RUNS = 75
"""25 runs to warm up and 50 timed ones, as published tables are measured."""


def matmul(
    a: Annotated[Path, typer.Argument(help="Matrix A: .mtx, .mtx.gz, .smtx, .npz, or archive.zip/member.")],
    b: Annotated[Path | None, typer.Argument(help="Matrix B; A itself if left out.")] = None,
    machine: Machines = ["sparch"],  # noqa: B006 - typer reads the default and never changes it
    format: Formats = [],  # noqa: B006
    dtype: Dtype = "",
    transpose_b: Annotated[bool, typer.Option("--transpose-b", help="Multiply by the transpose of B.")] = False,
    energy_table: Energy = DEFAULT_ENERGY_TABLE,
    engine: Engine = "fast",
    on_violation: Fallback = "refuse",
    as_json: Json = False,
) -> None:
    """Multiply two matrices from files: C = A x B (B defaults to A)."""
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
    units = [load_machine(name).with_on_violation(on_violation) for name in machine]
    table = load_energy_table(energy_table)
    _show(products.multiply(left, right, units, format, dtype, table=table, engine=engine, name=a.name), as_json)


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
    energy_table: Energy = DEFAULT_ENERGY_TABLE,
    engine: Engine = "fast",
    on_violation: Fallback = "refuse",
    as_json: Json = False,
) -> None:
    """One GEMM by its sizes, as cuBLAS and cuSPARSELt tables list them: M tokens x (N x K weights).

    It is timed as such tables are: one of many equal runs that find small operands in the L2.
    """
    cards = [load_machine(name).with_on_violation(on_violation) for name in machine]
    units = [card.benchmarked(runs or None, warm=not cold) for card in cards]
    table = load_energy_table(energy_table)
    _show(products.gemm(m, n, k, units, format, dtype, sparsity, table=table, engine=engine, seed=seed), as_json)


def _show(results: list[Result], as_json: bool) -> None:
    if as_json:
        for result in results:
            typer.echo(json.dumps(result.as_object()))
        return
    from sparsesim.report.table import single_table  # rich is needed by those who read, not by pipes

    console().print(single_table(results))
