"""`sparsesim prune`: write the pruned network, and say what was removed."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Architecture, InputShape, Json, Layout, Sizes
from sparsesim.cli.parse import network_options
from sparsesim.cli.prune_methods import Capture, Pruned, by_permuting, by_plan, by_pruner, by_sparse_gpt, is_sparse_gpt
from sparsesim.cli.samples import InputsKey, InputsLayout, Mean, Scale, Std, StoredAs, read_samples
from sparsesim.errors import InputError

if TYPE_CHECKING:
    from sparsesim.networks import Network
    from sparsesim.pruning import MaskStatistics, TotalStatistics


def prune(
    network: Annotated[str, typer.Argument(help="Network: a shipped name, or .onnx, .npz, .safetensors, .yaml.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .onnx or .npz.")],
    pruner: Annotated[
        str,
        typer.Option("--pruner", "-p", help="Pruner by name, such as magnitude or 2:4; sparse-gpt, sparse-gpt-2:4."),
    ] = "",
    plan: Annotated[Path | None, typer.Option("--plan", help="Choices by layer instead: a YAML plan.")] = None,
    sparsity: Annotated[float | None, typer.Option("--sparsity", "-s")] = None,
    threshold: Annotated[float | None, typer.Option("--threshold")] = None,
    s: Annotated[float | None, typer.Option("--s", help="For sigma: drop |w| <= s x deviation.")] = None,
    criterion: Annotated[str, typer.Option("--criterion", help="How weights are scored: l2, wanda, random-7.")] = "",
    round_to: Annotated[int | None, typer.Option("--round-to", help="Keep a multiple of this many groups.")] = None,
    layers: Annotated[str, typer.Option("--layers", help="Shell pattern of layer names to prune.")] = "*",
    permute: Annotated[bool, typer.Option("--permute", help="N:M: choose groups of input channels first.")] = False,
    inputs: Annotated[Path | None, typer.Option("--inputs", "-i", help="Samples, for wanda and sparse-gpt.")] = None,
    inputs_key: InputsKey = "images",
    inputs_layout: InputsLayout = "nchw",
    scale: Scale = "1",
    mean: Mean = "",
    std: Std = "",
    samples: Annotated[int, typer.Option("--samples", help="How many samples are run: the first ones.")] = 128,
    size: Sizes = [],  # noqa: B006 - typer reads the default and never changes it
    input_shape: InputShape = "",
    layout: Layout = "",
    architecture: Architecture = "",
    spy: Annotated[Path | None, typer.Option("--spy", help="Picture of the weights that stay: .png.")] = None,
    as_json: Json = False,
) -> None:
    """Prune a network and write it as ONNX (same graph, masked weights) or NPZ."""
    from sparsesim.networks import load_network, write_network

    if samples < 1:
        raise InputError(f"--samples {samples} must be at least 1")
    whole = load_network(network, **network_options(size, input_shape, layout, architecture))
    amounts = {"threshold": threshold, "s": s, "criterion": criterion or None, "round_to": round_to}
    stored = StoredAs(inputs_key, "", inputs_layout, scale, mean, std)
    capture = None if inputs is None else partial(_captured, whole, inputs, stored, samples)
    if plan is None:
        found = _pruned(whole, layers, pruner, sparsity, amounts, permute, capture)
    else:
        _check_alone(pruner, amounts | {"sparsity": sparsity, "permute": permute or None, "inputs": inputs})
        found = by_plan(whole, layers, plan)
    write_network(found.network, output)
    if spy is not None:
        from sparsesim.report.spy import plot_spy

        plot_spy(found.masks, spy, f"{whole.label}: {found.rule}")
    _show(whole, found, output, spy, as_json)


def _pruned(
    whole: "Network",
    layers: str,
    pruner: str,
    sparsity: float | None,
    amounts: dict[str, Any],
    permute: bool,
    capture: Capture | None,
) -> Pruned:
    from sparsesim.transforms import pruner_of

    if not pruner:
        raise InputError("say how to prune: --pruner NAME or --plan FILE")
    if is_sparse_gpt(pruner):
        if permute:
            raise InputError(f"pruner {pruner!r} takes no --permute")
        return by_sparse_gpt(whole, layers, pruner, sparsity, amounts, capture)
    chosen = pruner_of(whole, pruner, sparsity, **amounts)
    return (by_permuting if permute else by_pruner)(whole, layers, chosen, capture)


def _check_alone(pruner: str, options: dict[str, Any]) -> None:
    """Raise InputError for what a plan says itself."""
    given = [name for name, value in ({"pruner": pruner or None} | options).items() if value is not None]
    if given:
        raise InputError(f"--{given[0].replace('_', '-')} cannot be given beside --plan, which says it for every layer")


def _captured(network: "Network", path: Path, stored: StoredAs, most: int) -> dict[str, Any]:
    """What the layers of the whole network read, for the first samples."""
    from sparsesim.inference import capture

    return capture(network, read_samples(path, stored, most)[0])


def _show(whole: "Network", pruned: Pruned, output: Path, spy: Path | None, as_json: bool) -> None:
    """Figures of the masks on the weights as they were."""
    from sparsesim.pruning import network_statistics, total_statistics

    masks, weights = pruned.masks, {name: whole.layer(name).weight() for name in pruned.masks}
    found, total = network_statistics(weights, masks, pruned.pruner), total_statistics(weights, masks, pruned.pruner)
    before = _kept_before(pruned, weights)
    if as_json:
        rows = [*({"layer": name, **asdict(figures)} for name, figures in found.items()), asdict(total)]
        if before:
            rows = [row | {"kept_without_permutation": share} for row, share in zip(rows, before, strict=True)]
        head = {"network": whole.label, "pruner": pruned.rule, "file": str(output)}
        typer.echo(json.dumps(head | {"layers": rows[:-1], "total": rows[-1]}))
        return
    _print(found, total, before)
    typer.echo(f"written: {output}" + ("" if spy is None else f", {spy}"))


def _kept_before(pruned: Pruned, weights: dict[str, Any]) -> list[float]:
    """Shares of sum |w| kept in the given order of channels, by layer and in total; none if nothing is permuted."""
    if not pruned.kept_before:
        return []
    shares = [pruned.kept_before[layer] for layer in weights]
    sums = [float(abs(weight).sum(dtype=float)) for weight in weights.values()]
    kept = sum(share * whole for share, whole in zip(shares, sums, strict=True))
    return [*shares, kept / sum(sums) if sum(sums) else 1.0]


def _print(found: "dict[str, MaskStatistics]", total: "TotalStatistics", before: list[float]) -> None:
    from sparsesim.report.table import rows_table

    rows: list[dict[str, object]] = [_row(name, figures) for name, figures in found.items()]
    rows.append(dict.fromkeys(rows[0], "") | _amounts("total", total) if rows else _amounts("total", total))
    if before:
        rows = [row | {"|w| unpermuted": f"{share:.1%}"} for row, share in zip(rows, before, strict=True)]
    console().print(rows_table(rows))
    typer.echo("busiest: non-zeros of the fullest row, column or tile over their mean")
    for note in dict.fromkeys(figures.tail_note for figures in found.values() if figures.tail_note):
        typer.echo(f"note: {note}")
    if total.empty_layers:
        typer.echo(f"note: no weight is left in {', '.join(total.empty_layers)}")


def _amounts(name: str, figures: "MaskStatistics | TotalStatistics") -> dict[str, object]:
    asked = figures.requested_sparsity
    return {
        "layer": name,
        "asked": "" if asked is None else f"{asked:.2%}",
        "sparsity": f"{figures.sparsity:.2%}",
        "nnz": figures.nnz,
        "of": figures.size,
        "|w| kept": f"{figures.kept_magnitude_fraction:.1%}",
    }


def _row(name: str, figures: "MaskStatistics") -> dict[str, object]:
    """One layer in few columns; the JSON form has all figures."""
    tiles = {f"tile {size}": f"{balance.busiest_over_mean:.2f}" for size, balance in figures.tiles.items()}
    return {
        **_amounts(name, figures),
        "row variation": f"{figures.row_nnz_variation:.2f}",
        "busiest row": f"{figures.busiest_row_over_mean:.2f}",
        "column": f"{figures.columns.busiest_over_mean:.2f}",
        **tiles,
    }
