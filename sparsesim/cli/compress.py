"""`sparsesim compress`: fewer bits, low rank or shared weights, with exact sizes layer by layer."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import InputShape, Json, Layout, Sizes
from sparsesim.cli.parse import network_options
from sparsesim.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from sparsesim.transforms import Transformed

LOW_RANK, DEEP = "low-rank", "deep-compression"
OPTIONS_OF: Final = {
    **dict.fromkeys(("int8", "int4"), frozenset({"per", "asymmetric"})),
    **dict.fromkeys(("fp16", "bf16"), frozenset[str]()),
    LOW_RANK: frozenset({"rank", "energy", "everywhere"}),
    DEEP: frozenset({"conv_bits", "linear_bits", "index_bits", "no_huffman"}),
}
"""The options that each method understands."""

_SWITCHES: Final = {"asymmetric": "symmetric", "everywhere": "only_if_smaller", "no_huffman": "huffman"}
"""Options that turn off what a method does by itself."""

HIDDEN: Final = frozenset({"count_bytes", "bias_bytes", "storage"})
"""Columns for which a terminal has no room; JSON has them."""


def compress(
    network: Annotated[str, typer.Argument(help="Network: a shipped name, or .onnx, .npz, .safetensors, .yaml.")],
    method: Annotated[str, typer.Option("--method", help="int8, int4, fp16, bf16, low-rank or deep-compression.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Weights afterwards: .npz or .onnx.")] = None,
    pruner: Annotated[str, typer.Option("--pruner", "-p", help="Prune first, by name such as magnitude.")] = "",
    sparsity: Annotated[float | None, typer.Option("--sparsity", "-s", help="Of the pruner.")] = None,
    per: Annotated[str | None, typer.Option("--per", help="Integers: a scale per channel (default) or tensor.")] = None,
    asymmetric: Annotated[bool, typer.Option("--asymmetric", help="Integers: with zero points.")] = False,
    rank: Annotated[int | None, typer.Option("--rank", help="low-rank: of every layer.")] = None,
    energy: Annotated[float | None, typer.Option("--energy", help="low-rank: share of energy to keep.")] = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="low-rank: also where layers grow.")] = False,
    conv_bits: Annotated[int | None, typer.Option("--conv-bits", help="deep-compression: 8.")] = None,
    linear_bits: Annotated[int | None, typer.Option("--linear-bits", help="deep-compression: 5.")] = None,
    index_bits: Annotated[int | None, typer.Option("--index-bits", help="deep-compression: 4.")] = None,
    no_huffman: Annotated[bool, typer.Option("--no-huffman", help="deep-compression: fixed widths.")] = False,
    layers: Annotated[str, typer.Option("--layers", help="Shell pattern of the layers to compress.")] = "*",
    size: Sizes = [],  # noqa: B006 - typer reads the default and never changes it
    input_shape: InputShape = "",
    layout: Layout = "",
    as_json: Json = False,
) -> None:
    """Compress the weights of a network: sizes, ratios and errors of its layers, and the weights that are left."""
    from sparsesim.networks import load_network
    from sparsesim.transforms import method_by_name

    given = {
        "per": per,
        "asymmetric": asymmetric or None,
        "rank": rank,
        "energy": energy,
        "everywhere": everywhere or None,
        "conv_bits": conv_bits,
        "linear_bits": linear_bits,
        "index_bits": index_bits,
        "no_huffman": no_huffman or None,
    }
    options = _checked(method, {name: value for name, value in given.items() if value is not None})
    if sparsity is not None and not pruner:
        raise InputError("--sparsity needs --pruner")
    chosen = method_by_name(method, **options)
    whole = load_network(network, **network_options(size, input_shape, layout))
    if pruner:
        whole = method_by_name(pruner, sparsity).applied(whole, layers=layers).network
    compressed = chosen.applied(whole, layers=layers)
    if output:
        compressed.write(output)
    _show(compressed, whole.label, method, output, as_json)


def _checked(method: str, options: dict[str, Any]) -> dict[str, Any]:
    if method not in OPTIONS_OF:
        raise UnknownNameError("method", method, OPTIONS_OF)
    for name in options:
        if name not in OPTIONS_OF[method]:
            raise InputError(f"--{name.replace('_', '-')} means nothing for --method {method}")
    return {_SWITCHES.get(name, name): value if name not in _SWITCHES else False for name, value in options.items()}


def _show(compressed: "Transformed", label: str, method: str, output: Path | None, as_json: bool) -> None:
    if as_json:
        told = {"network": label, "method": method, **compressed.totals}
        typer.echo(json.dumps(told | {"file": str(output) if output else None, "layers": compressed.rows}))
        return
    from sparsesim.report.table import rows_table

    rows = [{name: row[name] for name in row if name not in HIDDEN} for row in compressed.rows]
    total = {name: value for name, value in compressed.totals.items() if name != "dtype"}
    console().print(rows_table([*rows, dict.fromkeys(rows[0]) | {"layer": "total"} | total]))
    if output:
        typer.echo(f"written: {output}")
