"""Which kernel of an A100 runs a format at a sparsity, and what it gains over dense.

    python workloads/kernels_on_a100.py [alexnet | llama-7b]

Prints a Markdown table of formats x sparsities for the FC layers of AlexNet at batch 1 and 64 (half a minute), or for
LLaMA-7B on 64 tokens (some minutes per column; the columns that say something). A cell is the speedup over the dense
kernel of the card, the time of all layers together, and the kernel that took most of it; `*` marks formats that no
kernel takes, which are unpacked once, when the weights are loaded, and run dense. docs/kernels-on-a100.md keeps what it
printed.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from sparsesim.hardware import load_machine
from sparsesim.lowering import Lowering
from sparsesim.networks import Network, load_network
from sparsesim.results import Result, result_table, totals
from sparsesim.studies import simulate_network
from sparsesim.transforms import method_by_name

FORMATS = ("dense", "nm-2:4", "csr", "bitmap", "rle-5", "bsr-4x1", "bsr-64x64", "relative-4")
SPARSITIES = (0.5, 0.7, 0.9, 0.95)
PATTERNS = {"bsr-4x1": "block-4x1", "bsr-64x64": "block-64x64"}
"""Masks that formats of blocks are made for; all others get the smallest weights dropped one by one."""

MACHINE = "a100-pcie"

Cell = tuple[str, str]
Cells = dict[Cell, dict[str, Any]]
"""By (format, sparsity): a row of `totals` with the speedup."""


def points(
    sparsities: Sequence[float], formats: Sequence[str], unpruned: Sequence[str]
) -> Iterator[tuple[str, str, float | None, list[str]]]:
    """(column, pruner, sparsity, formats) of every pruning; 0 is the network as it is, in the formats `unpruned`."""
    yield "0", "none", None, [format for format in unpruned if format != "nm-2:4"]
    for sparsity in sparsities:
        plain = [format for format in formats if format not in PATTERNS and format != "nm-2:4"]
        yield str(sparsity), "magnitude", sparsity, plain
        for format in formats:
            if format in PATTERNS:
                yield str(sparsity), PATTERNS[format], sparsity, [format]
    yield "2:4", "2:4", None, [format for format in formats if format not in PATTERNS]


def cells(
    network: Network,
    batch: int,
    sparsities: Sequence[float],
    formats: Sequence[str] = FORMATS,
    unpruned: Sequence[str] = FORMATS,
) -> Cells:
    """Every format at every sparsity, with its `speedup` over the dense kernel on unpruned weights."""
    machine = load_machine(MACHINE)
    found: Cells = {}
    for column, pruner, sparsity, stored in points(sparsities, formats, unpruned):
        method, lowering = method_by_name(pruner, sparsity), Lowering(batch=batch)
        results: list[Result] = simulate_network(network, method, stored, [machine], machine.energy_table, lowering)
        for row in totals(result_table(results)).to_dict("records"):
            found[str(row["format"]), column] = row
        print(f"{network.name}, batch {batch}, {pruner} {column}: done", file=sys.stderr)
    dense = found["dense", "0"]["seconds"]
    return {cell: {**row, "speedup": dense / row["seconds"]} for cell, row in found.items()}


def markdown(found: Cells, formats: Sequence[str] = FORMATS) -> str:
    """The table: a line per format, a column per sparsity."""
    columns = list(dict.fromkeys(column for _, column in found))
    lines = ["| format | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    lines += [
        f"| {format} | " + " | ".join(_text(found.get((format, column))) for column in columns) + " |"
        for format in formats
    ]
    return "\n".join(lines)


def _text(row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    kernel = row["kernel"].split(" + ")[0] + ("*" if row["unpacked"] else "")
    milliseconds = 1e3 * row["seconds"]
    time = f"{milliseconds:.3g} ms" if milliseconds >= 1 else f"{1e3 * milliseconds:.3g} us"
    return f"{row['speedup']:.3g}x, {time}, {kernel}"


def main(network: str = "alexnet") -> None:
    """Print the tables of one network."""
    if network == "llama-7b":
        formats = ("dense", "nm-2:4", "csr", "bitmap", "bsr-4x1", "bsr-64x64")
        found = cells(load_network(network), 1, (0.9, 0.95), formats, unpruned=["dense"])
        print("LLaMA-7B, 64 tokens", markdown(found, formats), sep="\n\n")
        return
    for batch in (1, 64):
        found = cells(load_network(network).select("fc*"), batch, SPARSITIES)
        print(f"FC layers of AlexNet, batch {batch}", markdown(found), sep="\n\n", end="\n\n")


if __name__ == "__main__":
    main(*sys.argv[1:2])
