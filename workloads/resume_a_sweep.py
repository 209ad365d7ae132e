"""A sweep that is killed halfway and gone on with: a store loses nothing that was finished.

The script starts a second process that runs a sweep into a store, kills it with SIGKILL once a few points are there,
and runs the same sweep again, which does what is missing. A third time there is nothing to do:

    python workloads/resume_a_sweep.py [FOLDER]

On the command line that is `sparsesim run FILE --store SWEEP.db`, as often as you like.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sparsesim as ss

SWEEP = {
    "name": "resumed",
    "networks": ["digits-cnn", "lenet-300-100"],
    "pruners": {"name": "magnitude", "sparsity": {"linear": [0.5, 0.95, 10]}},
    "formats": ["dense", "csr", "bitmap"],
    "machines": ["a100-pcie", "sparch", "core-i7-5930k"],
    "batch": {"log2": [1, 8]},
}
ENOUGH = 20
"""Points after which the first process is killed."""


def finished(store):
    """How many points are in a store that another process may be writing, or about to make."""
    try:
        return len(ss.load_results(store, columns=["point"]))
    except ss.SparsesimError:
        return 0


def killed_halfway(store):
    """Start the sweep in a process of its own and kill it; how many points it left."""
    # Its workers end with it, and would tell of what they could not clear away.
    process = subprocess.Popen([sys.executable, __file__, "fill", store], stderr=subprocess.DEVNULL)
    try:
        while finished(store) < ENOUGH and process.poll() is None:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    return finished(store)


def main(folder):
    store = folder / "resumed.db"
    print(f"killed with {killed_halfway(store)} points in {store.name}")
    print(f"gone on with: {ss.fill_store(SWEEP, store)} points were missing")
    print(f"once more: {ss.fill_store(SWEEP, store)} points were missing")
    found = ss.load_results(store)
    fastest = found.loc[found.groupby("machine")["seconds"].idxmin(), ["machine", "network", "format", "seconds"]]
    print(f"{len(found)} points; the fastest of each machine:", fastest.to_string(index=False), sep="\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["fill"]:
        ss.fill_store(SWEEP, sys.argv[2])
    elif sys.argv[1:]:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as there:
            main(Path(there))
