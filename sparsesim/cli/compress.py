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
    from sparsesim.networks import Network
    from sparsesim.transforms import CompressedNetwork

LOW_RANK, DEEP = "low-rank", "deep-compression"
OPTIONS_OF: Final = {
    **dict.fromkeys(("int8", "int4"), frozenset({"per", "asymmetric"})),
    **dict.fromkeys(("fp16", "bf16"), frozenset[str]()),
    LOW_RANK: frozenset({"rank", "energy", "everywhere"}),
    DEEP: frozenset({"conv_bits", "linear_bits", "index_bits", "no_huffman"}),
}
"""The options that each method understands."""

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
    from sparsesim.networks import load_network, write_network
    from sparsesim.transforms import prune_network

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
    whole = load_network(network, **network_options(size, input_shape, layout))
    if pruner:
        chosen = prune_network(whole.select(layers), pruner, sparsity)
        whole = whole.with_masks({layer.name: layer.mask for layer in chosen.layers})
    compressed = _compressed(whole, method, options, layers)
    if output:
        write_network(compressed.network, output)
    _show(compressed, whole.label, method, output, as_json)


def _checked(method: str, options: dict[str, Any]) -> dict[str, Any]:
    if method not in OPTIONS_OF:
        raise UnknownNameError("method", method, OPTIONS_OF)
    for name in options:
        if name not in OPTIONS_OF[method]:
            raise InputError(f"--{name.replace('_', '-')} means nothing for --method {method}")
    return options


def _compressed(network: "Network", method: str, options: dict[str, Any], layers: str) -> "CompressedNetwork":
    from sparsesim.transforms import deep_compress_network, factorise_network, quantise_network

    if method == LOW_RANK:
        only_if_smaller = not options.pop("everywhere", False)
        return factorise_network(network, **options, only_if_smaller=only_if_smaller, layers=layers)
    if method == DEEP:
        huffman = not options.pop("no_huffman", False)
        return deep_compress_network(network, **options, huffman=huffman, layers=layers)
    symmetric = not options.pop("asymmetric", False)
    return quantise_network(network, method, **options, symmetric=symmetric, layers=layers)


def _show(compressed: "CompressedNetwork", label: str, method: str, output: Path | None, as_json: bool) -> None:
    total = {
        "before_bytes": compressed.before_bytes,
        "after_bytes": compressed.after_bytes,
        "ratio": compressed.ratio,
        "before_macs": sum(int(row.get("before_macs", 0)) for row in compressed.rows) or None,
        "after_macs": sum(int(row.get("after_macs", 0)) for row in compressed.rows) or None,
    }
    total = {name: value for name, value in total.items() if value is not None}
    if as_json:
        told = {"network": label, "method": method, "dtype": compressed.dtype, **total}
        typer.echo(json.dumps(told | {"file": str(output) if output else None, "layers": compressed.rows}))
        return
    from sparsesim.report.table import rows_table

    rows = [{name: row[name] for name in row if name not in HIDDEN} for row in compressed.rows]
    console().print(rows_table([*rows, dict.fromkeys(rows[0]) | {"layer": "total"} | total]))
    if output:
        typer.echo(f"written: {output}")
