"""`sparsesim prune`: write the pruned network, and say what was removed."""

import json
import re
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Architecture, InputShape, Json, Layout, Sizes
from sparsesim.cli.parse import network_options
from sparsesim.cli.samples import InputsKey, InputsLayout, Mean, Scale, Std, StoredAs, read_samples
from sparsesim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparsesim.networks import Network
    from sparsesim.pruning import MaskStatistics, TotalStatistics
    from sparsesim.transforms import LayerInputs, Method, Transformed


_N_OF_M = re.compile(r"(nm-)?\d+:\d+")


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
    from sparsesim.inference import capture
    from sparsesim.networks import load_network
    from sparsesim.studies import load_plan

    if samples < 1:
        raise InputError(f"--samples {samples} must be at least 1")
    whole = load_network(network, **network_options(size, input_shape, layout, architecture))
    amounts = {"threshold": threshold, "s": s, "criterion": criterion or None, "round_to": round_to}
    change: Callable[[LayerInputs | None], Transformed]
    if plan is not None:
        _check_alone(pruner, amounts | {"sparsity": sparsity, "permute": permute or None})
        subject, needs_inputs = f"plan {plan}", load_plan(plan).needs_inputs
        change = partial(_planned, whole, layers, plan)
    else:
        method = _method(pruner, sparsity, amounts, permute)
        if method.needs == "gradients":
            method.check(whole)
        subject, needs_inputs = method.subject, method.needs == "inputs"
        change = partial(method.applied, whole, layers=layers)
    _check_inputs(needs_inputs, inputs, subject)
    stored = StoredAs(inputs_key, "", inputs_layout, scale, mean, std)
    found = change(None if inputs is None else capture(whole, read_samples(inputs, stored, samples)[0]))
    found.write(output)
    if spy is not None:
        from sparsesim.report.spy import plot_spy

        plot_spy(found.masks, spy, f"{whole.label}: {found.rule}")
    _show(whole, found, output, spy, as_json)


def _method(pruner: str, sparsity: float | None, amounts: dict[str, Any], permute: bool) -> "Method":
    from sparsesim.transforms import method_by_name

    if not pruner:
        raise InputError("say how to prune: --pruner NAME or --plan FILE")
    if not permute:
        return method_by_name(pruner, sparsity, **amounts)
    if not _N_OF_M.fullmatch(pruner) or amounts.pop("criterion") not in (None, "magnitude"):
        raise InputError(f"--permute goes with N:M patterns by magnitude, such as 2:4, not with {pruner!r}")
    return method_by_name(f"permute-{pruner}", sparsity, **amounts)


def _planned(whole: "Network", layers: str, plan: Path, inputs: "LayerInputs | None") -> "Transformed":
    from sparsesim.studies import planned

    return planned(whole.select(layers), plan, inputs).within(whole)


def _check_inputs(needed: bool, inputs: Path | None, subject: str) -> None:
    if needed and inputs is None:
        raise InputError(f"{subject} needs samples of the network's input: give --inputs FILE")
    if not needed and inputs is not None:
        raise InputError(f"{subject} looks at the weights alone and takes no --inputs")


def _check_alone(pruner: str, options: dict[str, Any]) -> None:
    """Raise InputError for what a plan says itself."""
    given = [name for name, value in ({"pruner": pruner or None} | options).items() if value is not None]
    if given:
        raise InputError(f"--{given[0].replace('_', '-')} cannot be given beside --plan, which says it for every layer")


def _show(whole: "Network", found: "Transformed", output: Path, spy: Path | None, as_json: bool) -> None:
    """Figures of the masks on the weights as they were, or those of a method that makes none."""
    from sparsesim.pruning import network_statistics, total_statistics

    masks, weights = found.masks, {name: whole.layer(name).weight() for name in found.masks}
    layers, total = network_statistics(weights, masks, found.pruner), total_statistics(weights, masks, found.pruner)
    before = _kept_before(found, weights)
    head = {"network": whole.label, "pruner": found.rule, "file": str(output)}
    if as_json and not masks:
        typer.echo(json.dumps(head | {"layers": found.rows, "total": found.totals}))
        return
    if as_json:
        rows = [*({"layer": name, **asdict(figures)} for name, figures in layers.items()), asdict(total)]
        if before:
            rows = [row | {"kept_without_permutation": share} for row, share in zip(rows, before, strict=True)]
        typer.echo(json.dumps(head | {"layers": rows[:-1], "total": rows[-1]}))
        return
    if masks:
        _print(layers, total, before)
    else:
        _print_rows(found)
    typer.echo(f"written: {output}" + ("" if spy is None else f", {spy}"))


def _kept_before(found: "Transformed", weights: dict[str, Any]) -> list[float]:
    """Shares of sum |w| kept in the given order of channels, by layer and in total; none if nothing is permuted."""
    known = {row["layer"]: row["kept_without_permutation"] for row in found.rows if "kept_without_permutation" in row}
    if not known:
        return []
    shares = [known[layer] for layer in weights]
    sums = [float(abs(weight).sum(dtype=float)) for weight in weights.values()]
    kept = sum(share * whole for share, whole in zip(shares, sums, strict=True))
    return [*shares, kept / sum(sums) if sum(sums) else 1.0]


def _print_rows(found: "Transformed") -> None:
    from sparsesim.report.table import rows_table

    console().print(rows_table(list(found.rows)))
    for name, value in found.totals.items():
        typer.echo(f"{name.replace('_', ' ')}: {value}")


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
