"""A sweep on a Dask cluster, with the same results as on one machine, bit for bit.

With the address of a scheduler it uses that scheduler's workers, without one it starts two on this machine:

    dask scheduler                              # on one machine
    dask worker tcp://10.0.0.1:8786             # on as many as there are
    python workloads/sweep_on_a_cluster.py [tcp://10.0.0.1:8786]

Workers need sparsesim in the same version, and nothing of the sweep's files: networks travel to them.
It needs Dask: pip install 'sparsesim[distributed]'. On the command line: `sparsesim run FILE --scheduler tcp://...`.
"""

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import sparsesim as ss

SWEEP = {
    "name": "spread",
    "networks": ["digits-cnn", "lenet-300-100"],
    "pruners": ["2:4", {"name": "magnitude", "sparsity": [0.8, 0.9]}],
    "formats": ["dense", "csr"],
    "machines": {"name": "a100-pcie", "set": {"dram.bandwidth_bytes_per_s": {"log2": ["500 GB/s", "4 TB/s"]}}},
    "batch": [1, 16],
}


@contextmanager
def scheduler(given):
    """The address that was given, or that of a cluster of two processes that ends with the script."""
    if given:
        yield given
        return
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def main(given):
    with tempfile.TemporaryDirectory() as there:
        with scheduler(given) as address:
            print(f"{ss.fill_store(SWEEP, Path(there, 'spread.db'), scheduler=address)} points on {address}")
        ss.fill_store(SWEEP, Path(there, "alone.db"), workers=1)
        spread, alone = (ss.load_results(Path(there, name)) for name in ("spread.db", "alone.db"))
    measured = ["simulation_seconds"]  # how long the simulation took, the only column that may differ
    equal = spread.drop(columns=measured).equals(alone.drop(columns=measured))
    print(f"equal to a run in this process, bit for bit: {'yes' if equal else 'no'}")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main("".join(sys.argv[1:2])))
