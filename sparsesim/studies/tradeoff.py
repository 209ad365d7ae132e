"""What pruning costs in accuracy beside what it gains in time and energy, for one network on several machines."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike

from sparsesim.errors import InputError
from sparsesim.hardware import EnergyTable, Machine, common_table, load_machine
from sparsesim.inference import capture, evaluate
from sparsesim.inference.session import Inputs
from sparsesim.lowering import Lowering
from sparsesim.networks import Network
from sparsesim.pruning import pruner_by_name
from sparsesim.results import Result, compare_to_baseline, result_table, totals
from sparsesim.studies.networks import simulate_network
from sparsesim.transforms import Method, Transformed

if TYPE_CHECKING:
    import pandas as pd

DENSE = "dense"
"""Name of the unpruned network in a table, and the format that it is stored in there."""

_COLUMNS: Final = (
    *("variant", "machine", "format", "seconds", "energy_total_pj", "energy_static_pj", "energy_table"),
    *("speedup", "energy_ratio", "dynamic_energy_ratio"),
)


def variants_of(
    network: Network, methods: Mapping[str, Method], calibration: Inputs | None = None
) -> dict[str, Network | Transformed]:
    """The network as it is under the name "dense", and after each of the methods under a name of its own.

    `calibration` are samples of the network's input for methods that need to know what the layers read; they should
    not be those that the variants are evaluated on (see `set_aside`). Raises InputError as the methods do.
    """
    needed = any(method.needs == "inputs" for method in methods.values())
    inputs = capture(network, calibration) if needed and calibration is not None else None
    return {DENSE: network} | {name: method.applied(network, inputs) for name, method in methods.items()}


def tradeoff(
    variants: Mapping[str, Network | Transformed],
    inputs: Inputs,
    labels: ArrayLike,
    machines: Sequence[str | Machine],
    formats: Sequence[str] = ("dense", "csr", "nm-2:4"),
    *,
    lowering: Lowering | None = None,
    energy_table: str | EnergyTable | None = None,
) -> "pd.DataFrame":
    """One row per variant and machine, in the fastest format that the machine takes.

    Args:
        variants: the network as it is under the name "dense", and as prunings or other methods left it under names
            of their own; see `variants_of`.
        inputs: samples as `evaluate` takes them.
        labels: int[n], their classes.
        machines: names, or machines of one's own.
        formats: storage formats of the weights; the variant "dense" is stored dense.
        lowering: number type, batch and activations of the simulation. Without a number type a variant is stored as
            its method left it, else in fp16.
        energy_table: what actions cost; see `compare`.

    Columns are `variant`, `sparsity` (share of weights that are zero), `accuracy`, `standard_error`, `machine`,
    `format`, `seconds`, `energy_total_pj`, `energy_static_pj`, `energy_table`, `speedup`, `energy_ratio` and
    `dynamic_energy_ratio` over the dense network on the same machine, and `fastest_front` and `thriftiest_front`: no
    other variant on this machine is as accurate and faster (thriftier), or as fast and more accurate. A variant that
    a machine refuses in all formats is left out.
    Raises InputError where no variant is called "dense", and for networks that cannot be run.
    """
    import pandas as pd

    if DENSE not in variants:
        raise InputError(f"variants: one must be the unpruned network, called {DENSE!r} (found {', '.join(variants)})")
    units = [load_machine(machine) if isinstance(machine, str) else machine for machine in machines]
    table = common_table(energy_table, [unit.name for unit in units])
    lowering, measured, results = lowering or Lowering(), [], list[Result]()
    for name, variant in variants.items():
        one = variant if isinstance(variant, Transformed) else Transformed(variant, "")
        found = evaluate(one.runnable, inputs, labels)
        sparsity = _sparsity(one.multiplied)
        measured.append((name, sparsity, found.accuracy, found.standard_error))
        stored = [DENSE] if name == DENSE else formats
        typed = replace(lowering, dtype=lowering.dtype_of(one.stored_dtype))
        played = simulate_network(one.multiplied, pruner_by_name("none"), stored, units, table, typed)
        results += [replace(result, network="", pruner=name, sparsity=sparsity) for result in played]
    compared = compare_to_baseline(totals(result_table(results)), {"pruner": DENSE, "format": DENSE})
    fastest = compared[compared["status"] == "ok"].sort_values("seconds", kind="stable")
    fastest = fastest.drop_duplicates(["pruner", "machine"]).rename(columns={"pruner": "variant"})
    accuracies = pd.DataFrame(measured, columns=["variant", "sparsity", "accuracy", "standard_error"])
    joined = accuracies.merge(fastest[list(_COLUMNS)], on="variant")
    joined["fastest_front"] = _front(joined, "speedup")
    joined["thriftiest_front"] = _front(joined, "energy_ratio")
    return joined


def _sparsity(network: Network) -> float:
    weights = [layer.masked_weight() for layer in network.layers if layer.n_weights]
    return round(1 - sum(int(np.count_nonzero(weight)) for weight in weights) / sum(w.size for w in weights), 4)


def _front(table: "pd.DataFrame", gain: str) -> "list[bool]":
    """Whether nothing on the same machine is at least as accurate and gains at least as much, and more of either."""
    flags = []
    for row in table.itertuples():
        others = table[table["machine"] == row.machine]
        accuracy, gained = others["accuracy"], others[gain]
        own = getattr(row, gain)
        as_good = (accuracy >= row.accuracy) & (gained >= own)
        flags.append(not (as_good & ((accuracy > row.accuracy) | (gained > own))).any())
    return flags
