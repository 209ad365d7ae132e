"""A sweep from Python: a network and a machine of one's own beside shipped ones, and what comes out as a DataFrame.

How wide should the merge tree of SpArch be for a layer that is pruned by magnitude? The layer is made here from an
array, one machine is a shipped one with a slower clock, and the sweep varies merge width and sparsity:

    python workloads/sweep_in_python.py [FOLDER]

It takes seconds, prints a table of times, and draws them into FOLDER (by default where it is called).
"""

import sys
from pathlib import Path

import numpy as np

import sparsesim as ss
from sparsesim.hardware import with_fields
from sparsesim.networks import Layer, Network
from sparsesim.report import PLOTS
from sparsesim.results import point_tables
from sparsesim.studies import resolved, run_grid

SEED = 7
WAYS = (4, 16, 64)
SPARSITIES = (0.5, 0.8, 0.9, 0.95)


def network():
    """One layer of 256 inputs and 192 outputs; weights of a trained network would stand here."""
    weights = np.random.default_rng(SEED).normal(size=(192, 256)).astype(np.float32)
    layer = Layer(name="fc", kind="linear", weight_shape=weights.shape, source=weights)
    return Network(name="mine", layers=(layer,), weights_origin="synthetic", source="drawn in this script")


def sweep():
    """Objects may stand wherever a file has names."""
    slow = with_fields(ss.load_machine("sparch"), {"clock_hz": "500 MHz"}).model_copy(update={"name": "sparch-slow"})
    return ss.Sweep(
        name="merge-width",
        networks=network(),
        pruners=[ss.pruner_by_name("magnitude", sparsity) for sparsity in SPARSITIES],
        formats="csr",
        machines=[
            {"name": machine, "set": {"accelerator.merge_ways": list(WAYS)}}
            for machine in (ss.load_machine("sparch"), slow)
        ],
        batch=64,
    )


def points(asked):
    """A row per point, with the columns that `sparsesim list columns` explains."""
    grid = resolved(asked)
    results, references = run_grid(grid)
    return point_tables(results, grid.baseline, references).compared


def main(folder):
    found = points(sweep())
    found["microseconds"] = 1e6 * found["seconds"]
    axes = ["sparsity", "axis_accelerator.merge_ways"]
    base = found["machine"].str.partition(" (")[0].rename("machine")
    print(found.pivot_table("microseconds", axes, base).round(1).to_string())
    options = {"over": "accelerator.merge_ways", "of": "seconds", "series": "sparsity", "panels": "machine"}
    print("written:", PLOTS["curves"].plot(found, folder / "merge-width.png", **options))


if __name__ == "__main__":
    main(Path(*sys.argv[1:2]))
