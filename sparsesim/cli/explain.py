"""`sparsesim explain`: what a run waits for, and what more of each resource would gain."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli import completing
from sparsesim.cli.destinations import PICTURES, TABLES, check_file
from sparsesim.cli.options import (
    STANDARD_OUTPUT,
    Batch,
    Csv,
    Dtype,
    Json,
    Layers,
    NetworkFile,
    PrunerName,
    Seed,
    Simulation,
)
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.parse import whole_numbers
from sparsesim.cli.printing import print_heading, print_json, print_remarks, print_rows, print_written, progress_bar
from sparsesim.errors import InputError
from sparsesim.lowering import Lowering
from sparsesim.networks import load_network
from sparsesim.report.readable import joules, ratio, seconds
from sparsesim.studies.explain import ALL, Explanation, Part
from sparsesim.studies.explain import explain as explained
from sparsesim.transforms import method_by_name, takes_sparsity

_LEVEL = 0.005
"""A gain that is written as a dash."""


def explain(
    network: Annotated[
        str,
        typer.Argument(
            help="Network: a shipped name, or .onnx, .npz, .safetensors, .yaml; or give --gemm or --matrix.",
            autocompletion=completing.networks,
        ),
    ] = "",
    machine: Annotated[
        str,
        typer.Option("--machine", "-m", help="Machine by name or YAML file.", autocompletion=completing.machines),
    ] = "a100-pcie",
    format: Annotated[
        str,
        typer.Option("--format", "-f", help="Storage format of the weights.", autocompletion=completing.formats),
    ] = "dense",
    pruner: PrunerName = "none",
    sparsity: Annotated[
        str, typer.Option("--sparsity", "-s", help="Share of the weights to prune; of a GEMM also 2:4 and the like.")
    ] = "",
    gemm: Annotated[
        str, typer.Option("--gemm", help="A GEMM instead: MxNxK, M tokens times N x K seeded weights.")
    ] = "",
    matrix: Annotated[str, typer.Option("--matrix", help="Or A x B of matrices: the file or shipped name of A.")] = "",
    times: Annotated[str, typer.Option("--times", help="B of that product; A itself if left out.")] = "",
    layers: Layers = "*",
    batch: Batch = 1,
    dtype: Dtype = "fp16",
    cold: Annotated[bool, typer.Option("--cold", help="Operands are not in the L2 from the run before.")] = False,
    endless: Annotated[
        bool, typer.Option("--endless/--no-endless", help="Also ask for so much that nothing waits for it.")
    ] = True,
    seed: Seed = 0,
    csv: Csv = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Draw the gains of every layer: .png.", rich_help_panel=OUTPUT),
    ] = None,
    *,
    simulation: Simulation,
    file: NetworkFile,
    as_json: Json = False,
) -> None:
    """Show what a run waits for, and what twice as much of each resource would gain.

    Every layer is simulated again on machines with more of one resource, and with twice as much of all.
    """
    if csv != STANDARD_OUTPUT:
        check_file("--csv", csv, TABLES)
    check_file("--output", output, PICTURES, makes_folder=True)
    if sum(map(bool, (network, gemm, matrix))) != 1:
        raise InputError("one of NETWORK, --gemm and --matrix is needed")
    with progress_bar("layers", quiet=as_json or csv == STANDARD_OUTPUT) as advance:
        found = explained(
            load_network(network, **file.options()).select(layers) if network else None,
            machine,
            format,
            method_by_name(pruner, _share(pruner, sparsity)) if network else pruner,
            gemm=whole_numbers("--gemm", gemm, "x") if gemm else None,
            matrix=matrix or None,
            times=times or None,
            lowering=Lowering(dtype or None, batch),
            sparsity=sparsity or "0",
            endless=endless,
            energy_table=simulation.energy_table,
            engine=simulation.engine,
            seed=seed,
            cold=cold,
            on_violation=simulation.on_violation,
            on_layer=lambda layer: advance(1, layer),
        )
    written = _written(found, csv, output)
    if csv == STANDARD_OUTPUT:
        return
    if as_json:
        print_json(found.as_object())
        return
    whole = found.total
    took = f"{seconds(whole.seconds)}, {joules(whole.energy_pj)} at {found.energy_table}"
    print_heading(f"{found.workload} as {found.format} on {found.machine} ({whole.kernel}): {took}")
    print_rows([_resource(found, name) for name in [*found.telling, *found.combined]])
    if len(found.layers) > 1:
        print_rows([_layer(found, parts) for parts in found.alike()])
    print_remarks(*found.answer, *_silent(found))
    print_written(*written)


def _share(pruner: str, sparsity: str) -> float | None:
    """The sparsity of a pruner that takes one."""
    if not sparsity or not takes_sparsity(pruner):
        return None
    try:
        return float(sparsity)
    except ValueError:
        raise InputError(f"--sparsity: {sparsity!r}: a share such as 0.9 is needed") from None


def _written(found: Explanation, csv: Path | None, output: Path | None) -> list[Path]:
    written = list[Path]()
    if csv:
        import pandas as pd  # loads much, and is needed only here

        from sparsesim.results import write_table

        table = pd.DataFrame(found.rows())
        if csv == STANDARD_OUTPUT:
            table.to_csv(sys.stdout, index=False)
        else:
            write_table(table, csv)
            written.append(csv)
    if output:
        from sparsesim.report.bottlenecks import plot_bottlenecks  # loads matplotlib, which takes long

        written.append(plot_bottlenecks(found.as_object(), output))
    return written


def _resource(found: Explanation, name: str) -> dict[str, object]:
    """What more of one resource gains for the whole run."""
    gain, endless = found.total.twice[name], found.total.endless.get(name)
    resource = found.resources.get(name)
    single = resource is not None and not resource.combined
    return {
        "with": resource.words if resource else f"twice {ALL}",
        "speedup": ratio(gain.speedup),
        "energy ratio": ratio(gain.energy_ratio),
        "share now": f"{found.total.share(resource.relieves):.0%}" if resource and single else "",
        "then mostly": gain.bottleneck,
        "endless": ratio(endless.speedup) if endless else "",
        "why": found.reason(name) if single else "",
    }


def _layer(found: Explanation, parts: Sequence[Part]) -> dict[str, object]:
    """What twice as much gains for layers that are alike."""
    part = parts[0]
    name = part.layer if len(parts) == 1 else f"{part.layer} (x{len(parts)})"
    gains = {each: part.twice[each].speedup for each in found.telling}
    share = part.seconds * len(parts) / found.total.seconds if found.total.seconds else 0.0
    bottleneck = f"{part.bottleneck} {part.share([part.bottleneck]):.0%}" if part.bottleneck else ""
    shown: dict[str, object] = {each: ratio(gain) if abs(gain - 1) >= _LEVEL else "-" for each, gain in gains.items()}
    return {"layer": name, "time": seconds(part.seconds), "of all": f"{share:.0%}", "bottleneck": bottleneck} | shown


def _silent(found: Explanation) -> list[str]:
    """What the tables leave out."""
    silent = [name for name in found.ranked if name not in found.telling]
    return [f"These gain nothing: {', '.join(silent)}."] if silent else []
