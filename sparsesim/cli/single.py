"""Two quick questions: one product of files, one GEMM by its sizes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sparsesim import products
from sparsesim.cli.options import Dtype, Formats, Json, Machines, OutDtype, Seed, Simulation
from sparsesim.cli.printing import print_json, print_remarks, print_table
from sparsesim.errors import InputError
from sparsesim.hardware import Machine, common_table, load_machine
from sparsesim.results import Result, energy_remarks, priced, prices_in_words
from sparsesim.tensors import read_matrix

BENCHMARK_RUNS = 75
"""25 runs to warm up and 50 timed ones, as published tables are measured."""
_WARM = "Operands in L2 were left there by the run before, as in a benchmark; --cold reads them from DRAM."


def matmul(
    a: Annotated[
        Path,
        typer.Argument(
            help="Matrix A: a shipped name (karate), .mtx, .smtx, .npz, .npy, each also .gz, or archive.zip/member."
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
    units = [load_machine(name).with_on_violation(simulation.on_violation) for name in machine]
    found = products.multiply(
        left, right, units, format, dtype, table=simulation.energy_table, engine=simulation.engine, name=a.name
    )
    _show(found, units, simulation.energy_table, as_json)


def gemm(
    m: Annotated[int, typer.Argument(metavar="M", help="Tokens: rows of the activations.")],
    n: Annotated[int, typer.Argument(metavar="N", help="Outputs: rows of the weights, which carry the sparsity.")],
    k: Annotated[int, typer.Argument(metavar="K", help="Inputs: columns of the weights.")],
    machine: Machines = ["a100-pcie"],
    format: Formats = [],
    dtype: Dtype = "",
    out_dtype: OutDtype = "",
    sparsity: Annotated[str, typer.Option("--sparsity", help="2:4, vnm-64:2:16, nm-pairs-4:8 or a fraction.")] = "0",
    runs: Annotated[
        int, typer.Option("--runs", min=0, help="Equal runs one after the other, as in a benchmark; 0: without end.")
    ] = BENCHMARK_RUNS,
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
    cards = [load_machine(name).with_on_violation(simulation.on_violation) for name in machine]
    units = [card.benchmarked(runs or None, warm=not cold) for card in cards]
    prices, engine = simulation.energy_table, simulation.engine
    results = products.gemm(
        m, n, k, units, format, dtype, sparsity, table=prices, engine=engine, seed=seed, out_dtype=out_dtype
    )
    _show(results, units, prices, as_json)
    if not as_json and any(result.operands != "DRAM" for result in results):
        print_remarks(_WARM)


def _show(results: list[Result], machines: Sequence[Machine], prices: str, as_json: bool) -> None:
    if as_json:
        print_json(*(result.as_object() for result in results))
    else:
        from sparsesim.report.table import single_table  # loads rich, which JSON does without

        print_table(single_table(results, f"energy at {prices_in_words(priced(results))}"), keys=2)
    table = common_table(prices, [machine.name for machine in machines])
    print_remarks(*energy_remarks(priced(results), machines, table), aside=as_json)
