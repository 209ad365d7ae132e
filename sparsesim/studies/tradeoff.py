"""What pruning costs in accuracy beside what it gains in time and energy, for one network on several machines."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike

from sparsesim.errors import InputError
from sparsesim.formats import Format, formats_by_name
from sparsesim.hardware import EnergyTable, Machine, common_table, load_machines
from sparsesim.inference import Samples, capture, evaluate, with_labels
from sparsesim.inference.session import Inputs
from sparsesim.lowering import Lowering
from sparsesim.networks import Network, load_network
from sparsesim.pruning import Pruner, pruner_by_name
from sparsesim.results import Result, compare_to_baseline, result_table, totals
from sparsesim.several import several
from sparsesim.studies.checks import check_run
from sparsesim.studies.networks import simulate_network
from sparsesim.transforms import Method, Transformed, as_method
from sparsesim.yaml_file import Given

if TYPE_CHECKING:
    import pandas as pd

DENSE = "dense"
"""Name of the unpruned network in a table, and the format that it is stored in there."""

_COLUMNS: Final = (
    *("variant", "machine", "format", "seconds", "energy_total_pj", "energy_static_pj", "energy_table"),
    *("speedup", "energy_ratio", "dynamic_energy_ratio"),
)


def variants_of(
    network: str | Path | Network,
    methods: str | Method | Pruner | Mapping[str, str | Method | Pruner] | Iterable[str | Method | Pruner],
    calibration: Inputs | Samples | str | None = None,
) -> dict[str, Network | Transformed]:
    """The network as it is under the name "dense", and after each of the methods under a name of its own.

    `methods` by these names, or one or several that go by theirs, such as "magnitude@0.9".
    `calibration` are samples of the network's input for methods that need to know what the layers read; they should
    not be those that the variants are evaluated on (see `set_aside`). Raises InputError as the methods do.

    >>> import sparsesim as ss
    >>> list(ss.variants_of("digits-cnn", ["2:4", "int8"]))
    ['dense', '2:4', 'int8']
    """
    network, named = load_network(network), _named(methods)
    needed = any(method.needs == "inputs" for method in named.values())
    for method in named.values():
        if method.needs != "inputs" or calibration is None:
            method.check(network)
    inputs = capture(network, calibration) if needed and calibration is not None else None
    return {DENSE: network} | {name: method.applied(network, inputs) for name, method in named.items()}


def _named(methods: Any) -> dict[str, Method]:
    if isinstance(methods, Mapping):
        return {name: as_method(given) for name, given in methods.items()}
    return {given if isinstance(given, str) else as_method(given).label: as_method(given) for given in several(methods)}


def tradeoff(
    variants: Mapping[str, str | Path | Network | Transformed],
    inputs: Inputs | Samples | str,
    labels: ArrayLike | None,
    machines: Given | Machine | Iterable[Given | Machine],
    formats: str | Format | Iterable[str | Format] = ("dense", "csr", "nm-2:4"),
    *,
    lowering: Lowering | None = None,
    energy_table: Given | EnergyTable | None = None,
) -> "pd.DataFrame":
    """One row per variant and machine, in the fastest format that the machine takes.

    Args:
        variants: the network as it is under the name "dense", and as prunings or other methods left it under names
            of their own; see `variants_of`.
        inputs: samples as `evaluate` takes them.
        labels: int[n], their classes; None for those of a shipped set.
        machines: one or several, each by name, path, mapping or itself.
        formats: storage formats of the weights, one or several; the variant "dense" is stored dense.
        lowering: number type, batch and activations of the simulation. Without a number type a variant is stored as
            its method left it, else in fp16.
        energy_table: what actions cost; see `compare`.

    Columns are `variant`, `sparsity` (share of weights that are zero), `accuracy`, `standard_error`, `machine`,
    `format`, `seconds` (s), `energy_total_pj` and `energy_static_pj` (pJ), `energy_table`, `speedup`,
    `energy_ratio` and `dynamic_energy_ratio` over the dense network on the same machine, and `fastest_front` and
    `thriftiest_front`: no other variant on this machine is as accurate and faster (thriftier), or as fast and more
    accurate. A variant that a machine refuses in all formats is left out.
    Raises InputError where no variant is called "dense", without labels, and for networks that cannot be run.

    >>> import sparsesim as ss
    >>> variants = ss.variants_of("digits-cnn", ["2:4", "magnitude@0.5"])
    >>> table = ss.tradeoff(variants, *ss.load_samples("digits"), "a100-pcie")
    >>> table[["variant", "sparsity"]].values.tolist()
    [['dense', 0.0], ['2:4', 0.4997], ['magnitude@0.5', 0.5]]
    >>> bool(table["accuracy"].between(0.9, 1).all())
    True
    """
    import pandas as pd

    if DENSE not in variants:
        raise InputError(f"variants: one must be the unpruned network, called {DENSE!r} (found {', '.join(variants)})")
    units = load_machines(machines)
    table = common_table(energy_table, [unit.name for unit in units])
    inputs, labels = with_labels(inputs, labels)
    if labels is None:
        raise InputError("labels: a trade-off needs them")
    formats = formats_by_name(formats)
    lowering, measured, results = lowering or Lowering(), [], list[Result]()
    given = {
        name: each if isinstance(each, Transformed) else Transformed(load_network(each), "")
        for name, each in variants.items()
    }
    for one in given.values():
        check_run(one.multiplied, as_method("none"), None, lowering, "fast")
    for name, one in given.items():
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
