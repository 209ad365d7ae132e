"""`sparsesim prune`: write the pruned network, and say what was removed."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from sparsesim.cli.destinations import PICTURES, WEIGHTS, check_file
from sparsesim.cli.options import (
    Criterion,
    Json,
    Layers,
    NetworkFile,
    NetworkName,
    PrunerName,
    RoundTo,
    Sparsity,
    StoredSamples,
)
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.printing import print_json, print_lines, print_remarks, print_rows, print_table, print_written
from sparsesim.cli.samples import read_samples
from sparsesim.errors import InputError
from sparsesim.inference import capture
from sparsesim.networks import Network, load_network
from sparsesim.studies import load_plan, planned
from sparsesim.transforms import LayerInputs, Method, Transformed, mask_figures, method_by_name

_N_OF_M = re.compile(r"(nm-)?\d+:\d+")


def prune(
    network: NetworkName,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .onnx or .npz.", rich_help_panel=OUTPUT)
    ],
    pruner: PrunerName = "",
    plan: Annotated[Path | None, typer.Option("--plan", help="Choices by layer instead: a YAML plan.")] = None,
    sparsity: Sparsity = None,
    threshold: Annotated[float | None, typer.Option("--threshold", help="For threshold: drop |w| <= this.")] = None,
    s: Annotated[float | None, typer.Option("--s", help="For sigma: drop |w| <= s x deviation.")] = None,
    criterion: Criterion = "",
    round_to: RoundTo = None,
    layers: Layers = "*",
    permute: Annotated[bool, typer.Option("--permute", help="N:M: choose groups of input channels first.")] = False,
    inputs: Annotated[
        Path | None,
        typer.Option("--inputs", "-i", help="Samples, for pruners such as wanda and sparse-gpt: digits, .npz."),
    ] = None,
    samples: Annotated[int, typer.Option("--samples", help="How many samples are run: the first ones.")] = 128,
    *,
    stored: StoredSamples,
    file: NetworkFile,
    spy: Annotated[
        Path | None, typer.Option("--spy", help="Picture of the weights that stay: .png.", rich_help_panel=OUTPUT)
    ] = None,
    as_json: Json = False,
) -> None:
    """Prune a network and write it as ONNX or NPZ.

    An ONNX file keeps its graph and gets masked weights.
    """
    if samples < 1:
        raise InputError(f"--samples: {samples}: must be at least 1")
    check_file("--output", output, WEIGHTS)
    check_file("--spy", spy, PICTURES)
    whole = load_network(network, **file.options())
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
    found = change(None if inputs is None else capture(whole, read_samples(inputs, stored, samples)))
    found.write(output)
    if spy is not None:
        from sparsesim.report.spy import plot_spy  # loads matplotlib, which takes long and draws only here

        plot_spy(found.masks, spy, f"{whole.label}: {found.rule}")
    _print(whole, found, [output, spy], as_json)


def _method(pruner: str, sparsity: float | None, amounts: dict[str, Any], permute: bool) -> Method:
    if not pruner:
        raise InputError("say how to prune: --pruner NAME or --plan FILE")
    if not permute:
        return method_by_name(pruner, sparsity, **amounts)
    if not _N_OF_M.fullmatch(pruner) or amounts.pop("criterion") not in (None, "magnitude"):
        raise InputError(f"--permute goes with N:M patterns by magnitude, such as 2:4, not with {pruner!r}")
    return method_by_name(f"permute-{pruner}", sparsity, **amounts)


def _planned(whole: Network, layers: str, plan: Path, inputs: LayerInputs | None) -> Transformed:
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


def _print(whole: Network, found: Transformed, written: list[Path | None], as_json: bool) -> None:
    """Figures of the masks on the weights as they were, or those of a method that makes none."""
    figures = mask_figures(whole, found) if found.masks else None
    if as_json:
        told = {"layers": found.rows, "total": found.totals} if figures is None else figures.as_object()
        print_json({"network": whole.label, "pruner": found.rule, "file": str(written[0])} | told)
        return
    if figures is None:
        print_rows(found.rows)
        print_lines(f"{name.replace('_', ' ')}: {value}" for name, value in found.totals.items())
    else:
        from sparsesim.report.networks import mask_notes, mask_table  # loads rich, which JSON does without

        print_table(mask_table(figures))
        print_remarks(*mask_notes(figures))
    print_written(*written)
