"""Two quick questions: one product of files, one GEMM by its sizes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sparsesim import products
from sparsesim.cli.options import Dtype, Formats, Json, Machines, OutDtype, Seed, Simulation
from sparsesim.cli.printing import print_json, print_remarks, print_table
from sparsesim.errors import InputError
from sparsesim.hardware import common_table, load_machines
from sparsesim.results import Result, energy_remarks, priced, prices_in_words
from sparsesim.tensors import read_matrix
from sparsesim.tensors.named import short_name

_WARM = "Operands in L2 were left there by the run before, as in a benchmark; --cold reads them from DRAM."


def matmul(
    a: Annotated[
        Path,
        typer.Argument(
            help="Matrix A: a shipped name (karate); suitesparse:SNAP/wiki-Vote or dlmc:..., fetched once; .mtx, "
            ".smtx, .npz, .npy, each also .gz, or archive.zip/member."
        ),
    ],
    b: Annotated[Path | None, typer.Argument(help="Matrix B; A itself if left out.")] = None,
    machine: Machines = ["sparch"],
    format: Formats = [],
    dtype: Dtype = "",
    transpose_b: Annotated[bool, typer.Option("--transpose-b", help="Multiply by the transpose of B.")] = False,
    *,
    simulation: Simulation,
    as_json: Json = False,
) -> None:
    """Multiply two matrices from files: C = A x B (B defaults to A).

    A and B may be sparse or dense arrays; a B without zeros is stored dense.
    """
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
    found = products.multiply(left, right, machine, format, dtype, name=short_name(a), **_told(simulation))
    _show(found, machine, simulation.energy_table, as_json)


def gemm(
    m: Annotated[int, typer.Argument(metavar="M", min=1, help="Tokens: rows of the activations.")],
    n: Annotated[
        int, typer.Argument(metavar="N", min=1, help="Outputs: rows of the weights, which carry the sparsity.")
    ],
    k: Annotated[int, typer.Argument(metavar="K", min=1, help="Inputs: columns of the weights.")],
    machine: Machines = ["a100-pcie"],
    format: Formats = [],
    dtype: Dtype = "",
    out_dtype: OutDtype = "",
    sparsity: Annotated[str, typer.Option("--sparsity", help="2:4, vnm-64:2:16, block-8x1@0.9 or a fraction.")] = "0",
    runs: Annotated[
        int, typer.Option("--runs", min=0, help="Equal runs one after the other, as in a benchmark; 0: without end.")
    ] = products.BENCHMARK_RUNS,
    cold: Annotated[bool, typer.Option("--cold", help="Operands are not in the L2 from the run before.")] = False,
    seed: Seed = 0,
    *,
    simulation: Simulation,
    as_json: Json = False,
) -> None:
    """Simulate one GEMM by its sizes, as cuBLAS and cuSPARSELt tables list them.

    M tokens are multiplied by N x K weights. It is timed as in such tables: one of many equal runs that find small
    operands in the L2.
    """
    timed: dict[str, Any] = {"seed": seed, "runs": runs or None, "cold": cold, "out_dtype": out_dtype}
    results = products.gemm(m, n, k, machine, format, dtype, sparsity, **timed, **_told(simulation))
    _show(results, machine, simulation.energy_table, as_json)
    if not as_json and any(result.operands != "DRAM" for result in results):
        print_remarks(_WARM)


def _told(simulation: Simulation) -> dict[str, Any]:
    return {"table": simulation.energy_table, "engine": simulation.engine, "on_violation": simulation.on_violation}


def _show(results: list[Result], names: Sequence[str], prices: str, as_json: bool) -> None:
    if as_json:
        print_json(*(result.as_object() for result in results))
    else:
        from sparsesim.report.table import single_table  # loads rich, which JSON does without

        print_table(single_table(results, f"energy at {prices_in_words(priced(results))}"), keys=2)
    machines = load_machines(names)
    table = common_table(prices, [machine.name for machine in machines])
    print_remarks(*energy_remarks(priced(results), machines, table), aside=as_json)
