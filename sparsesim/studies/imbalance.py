"""What a model that knows densities alone would have promised, beside what the real positions give."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sparsesim.errors import InputError
from sparsesim.formats import Format, format_by_name
from sparsesim.hardware import EnergyTable, Machine, common_table, load_machines
from sparsesim.lowering import Lowering
from sparsesim.networks import Layer, Network, load_network
from sparsesim.pruning import Pruner, mask_statistics, pruner_by_name
from sparsesim.results import Result
from sparsesim.studies.checks import check_run, check_seed
from sparsesim.studies.networks import simulate_network
from sparsesim.transforms import Method, as_method
from sparsesim.yaml_file import Given

if TYPE_CHECKING:
    import pandas as pd


def imbalance(
    network: str | Path | Network,
    pruner: str | Pruner | Method,
    machines: Given | Machine | Iterable[Given | Machine],
    format: str | Format = "csr",
    *,
    lowering: Lowering | None = None,
    energy_table: Given | EnergyTable | None = None,
    seed: int = 0,
) -> "pd.DataFrame":
    """One row per layer with weights and machine, and one per machine for all of them together (`layer` is "total").

    `network` and `machines`, one or several, by name, path or themselves; `pruner` by a name such as "magnitude@0.9".
    Every layer is run dense, with the mask of the pruner (or of another method that makes masks), and with a mask of
    as many weights at random positions.
    `uniform_speedup` and `real_speedup` are over `baseline`, unpruned weights on the kernel of the same machine that it
    names (NaN where a machine refuses), `kernel` is what the masks ran on; `uniform_variation` and
    `real_variation` are the standard deviation of non-zeros per row over their mean, `uniform_busiest` and
    `real_busiest` the fullest row over the mean (means of the layers in the row "total"). All are ratios without unit.
    Raises InputError for a method that makes no masks or lacks what it needs, and for a negative seed,
    UnknownNameError for unknown names.

    >>> import sparsesim as ss
    >>> table = ss.imbalance("digits-cnn", "magnitude@0.9", "sparch")
    >>> table["layer"].tolist()
    ['conv1', 'conv2', 'fc1', 'fc2', 'total']
    >>> bool((table["real_busiest"] >= 1).all())
    True
    """
    import pandas as pd

    chosen, network = as_method(pruner), load_network(network)
    weighted = tuple(layer for layer in network.layers if layer.n_weights)
    if not weighted:
        raise InputError(f"network {network.name!r} has no layer with weights")
    whole = replace(network, layers=weighted)
    units, stored = load_machines(machines), format_by_name(format)
    table = common_table(energy_table, [unit.name for unit in units])
    check_run(whole, chosen, None, lowering or Lowering(), "fast")
    check_seed(seed)
    found = chosen.applied(whole)
    real = found.multiplied
    if not found.masks:
        raise InputError(f"{chosen.subject} makes no masks, whose positions could be compared with random ones")
    versions = {"dense": whole.without_masks(), "uniform": uniform_masks(real, seed), "real": real}
    runs = {
        name: _runs(version, "dense" if name == "dense" else stored, units, table, lowering)
        for name, version in versions.items()
    }
    seconds = {name: {key: _time(result) for key, result in found.items()} for name, found in runs.items()}
    balance = {name: {layer.name: _balance(layer) for layer in versions[name].layers} for name in ("uniform", "real")}
    rows = []
    for unit in units:
        for layer in whole.layers:
            times = {name: found[unit.name, layer.name] for name, found in seconds.items()}
            shown = {f"{name}_{key}": value for name in balance for key, value in balance[name][layer.name].items()}
            kernels = {name: found[unit.name, layer.name].kernel for name, found in runs.items()}
            ran = {"kernel": kernels["real"], "baseline": f"unpruned, {kernels['dense']}"}
            rows.append({"machine": unit.name, "layer": layer.name, **ran, **_speedups(times), **shown})
        sums = {name: sum(found[unit.name, layer.name] for layer in whole.layers) for name, found in seconds.items()}
        means = {
            f"{name}_{key}": float(np.mean([found[key] for found in layers.values()]))
            for name, layers in balance.items()
            for key in ("variation", "busiest")
        }
        # All layers run the same kernels but for those with one column on a processor.
        rows.append({"machine": unit.name, "layer": "total", **ran, **_speedups(sums), **means})
    return pd.DataFrame(rows)


def uniform_masks(network: Network, seed: int = 0) -> Network:
    """The network with as many weights kept in every layer as its masks keep, at random positions."""
    masks = {}
    for number, layer in enumerate(network.layers):
        if layer.mask is not None:
            random = np.random.default_rng([seed, number])
            masks[layer.name] = random.permutation(layer.mask.reshape(-1)).reshape(layer.weight_shape)
    return network.with_masks(masks)


def _runs(
    network: Network,
    format: str | Format,
    units: Iterable[Machine],
    table: EnergyTable | None,
    lowering: Lowering | None,
) -> dict[tuple[str, str], Result]:
    """Results by machine and layer."""
    results = simulate_network(network, pruner_by_name("none"), [format], units, table, lowering)
    return {(result.machine, result.layer): result for result in results}


def _time(result: Result) -> float:
    """Seconds; NaN where the machine refuses."""
    return result.seconds if result.status == "ok" else float("nan")


def _balance(layer: Layer) -> dict[str, float]:
    mask = np.ones(layer.weight_shape, np.bool_) if layer.mask is None else layer.mask
    found = mask_statistics(layer.weight(), mask)
    return {"variation": found.row_nnz_variation, "busiest": found.busiest_row_over_mean}


def _speedups(seconds: dict[str, float]) -> dict[str, float]:
    return {f"{name}_speedup": seconds["dense"] / seconds[name] for name in ("uniform", "real")}
