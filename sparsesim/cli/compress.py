"""`sparsesim compress`: fewer bits, low rank or shared weights, with exact sizes layer by layer."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from sparsesim.cli import completing
from sparsesim.cli.destinations import WEIGHTS, check_file
from sparsesim.cli.options import Json, Layers, NetworkFile, NetworkName, PrunerName, Sparsity
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.printing import print_json, print_table, print_written
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks import load_network
from sparsesim.networks.export import check_target
from sparsesim.transforms import method_by_name

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


def compress(
    network: NetworkName,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            help="int8, int4, fp16, bf16, low-rank or deep-compression.",
            autocompletion=completing.one_of("int8", "int4", "fp16", "bf16", "low-rank", "deep-compression"),
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Weights afterwards: .npz or .onnx.", rich_help_panel=OUTPUT)
    ] = None,
    pruner: PrunerName = "",
    sparsity: Sparsity = None,
    per: Annotated[str | None, typer.Option("--per", help="Integers: a scale per channel (default) or tensor.")] = None,
    asymmetric: Annotated[bool, typer.Option("--asymmetric", help="Integers: with zero points.")] = False,
    rank: Annotated[int | None, typer.Option("--rank", help="low-rank: rank of every layer.")] = None,
    energy: Annotated[float | None, typer.Option("--energy", help="low-rank: share of energy to keep.")] = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="low-rank: also where layers grow.")] = False,
    conv_bits: Annotated[
        int | None, typer.Option("--conv-bits", help="deep-compression: for convolutions, usually 8.")
    ] = None,
    linear_bits: Annotated[
        int | None, typer.Option("--linear-bits", help="deep-compression: for linear layers, usually 5.")
    ] = None,
    index_bits: Annotated[
        int | None, typer.Option("--index-bits", help="deep-compression: for positions, usually 4.")
    ] = None,
    no_huffman: Annotated[
        bool, typer.Option("--no-huffman", help="deep-compression: code words of fixed width.")
    ] = False,
    layers: Layers = "*",
    *,
    file: NetworkFile,
    as_json: Json = False,
) -> None:
    """Store weights in fewer bits, at low rank or shared, with exact sizes.

    With a pruner the network is pruned first. The table has sizes, ratios and errors of the layers.
    """
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
    check_file("--output", output, WEIGHTS)
    chosen = method_by_name(method, **options)
    pruning = method_by_name(pruner, sparsity) if pruner else None
    whole = load_network(network, **file.options())
    if output:
        check_target(whole, output)
    if pruning is not None:
        whole = pruning.applied(whole, layers=layers).network
    compressed = chosen.applied(whole, layers=layers)
    if output:
        compressed.write(output)
    if as_json:
        told = {"network": whole.label, "method": method, **compressed.totals}
        print_json(told | {"file": str(output) if output else None, "layers": compressed.rows})
        return
    from sparsesim.report.networks import sizes_table  # loads rich, which JSON does without

    print_table(sizes_table(compressed.rows, compressed.totals))
    print_written(output)


def _checked(method: str, options: dict[str, Any]) -> dict[str, Any]:
    if method not in OPTIONS_OF:
        raise UnknownNameError("method", method, OPTIONS_OF)
    for name in options:
        if name not in OPTIONS_OF[method]:
            raise InputError(f"--{name.replace('_', '-')} means nothing for --method {method}")
    return {_SWITCHES.get(name, name): value if name not in _SWITCHES else False for name, value in options.items()}
