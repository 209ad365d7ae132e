"""A sweep of 10,000 small points: in one process, on two, and what of it the store takes.

    pytest tests/benchmarks/test_sweep_speed.py --benchmark-only -s

Each runs in an interpreter of its own, started workers included; the table that is printed in the end says points per
second, the share of the store, and the memory that the driver took.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SWEEP = {
    "name": "small-points",
    "networks": ["digits-cnn"],
    "pruners": [{"name": "magnitude", "sparsity": {"linear": [0.5, 0.95, 10]}}],
    "formats": ["dense", "csr", "coo", "bitmap", "rle-5"],
    "batch": {"log2": [1, 512]},
    "machines": [
        {"name": "sparch", "set": {"accelerator.merge_ways": [8, 16, 32, 64, 128]}},
        {"name": "titan-x", "set": {"dram.bandwidth_bytes_per_s": {"linear": ["200 GB/s", "600 GB/s", 5]}}},
        {"name": "core-i7-5930k", "set": {"dram.bandwidth_bytes_per_s": {"linear": ["20 GB/s", "60 GB/s", 5]}}},
        {"name": "a100-pcie", "set": {"power.cap_w": [150, 200, 250, 300, 350]}},
    ],
}
FILL = """
import json, resource, sys
from time import perf_counter
from sparsesim.studies import fill, load_sweep, resolved, stored

if __name__ == "__main__":
    sweep, path, workers = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    grid, in_store = resolved(load_sweep(sweep)), [0.0]
    with stored(grid, path) as store:
        add = store.add

        def timed(records):
            begun = perf_counter()
            add(records)
            in_store[0] += perf_counter() - begun

        store.add = timed
        begun = perf_counter()
        points = fill(grid, store, workers=workers)
        passed = perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"points": points, "seconds": passed, "store": in_store[0], "driver_kib": memory}))
"""
FOUND = {}


@pytest.fixture(scope="module", autouse=True)
def told():
    yield
    for words, found in FOUND.items():
        rate, share = found["points"] / found["seconds"], found["store"] / found["seconds"]
        memory = found["driver_kib"] / 1024
        print(f"\n{words}: {rate:.0f} points/s, store {share:.1%}, driver {memory:.0f} MiB", end="")
    if {"1 worker", "2 workers"} <= FOUND.keys():
        one, two = (FOUND[name]["seconds"] for name in ("1 worker", "2 workers"))
        print(f"\nparallel efficiency on two cores: {one / two / 2:.0%}")


def filled(script, sweep, store, workers):
    Path(store).unlink(missing_ok=True)
    process = subprocess.run(
        [sys.executable, script, json.dumps(sweep), store, str(workers)], check=True, capture_output=True, text=True
    )
    return json.loads(process.stdout)


@pytest.mark.parametrize(
    ("words", "workers", "sparsities"), [("1 worker", 1, 10), ("2 workers", 2, 10), ("2 workers, a tenth of it", 2, 1)]
)
def test_ten_thousand_points(benchmark, tmp_path, words, workers, sparsities):
    """The third shows that the memory of the driver does not grow with the points."""
    script, pruners = tmp_path / "fill.py", [{"name": "magnitude", "sparsity": {"linear": [0.5, 0.95, 10]}}]
    script.write_text(FILL)
    if sparsities == 1:
        pruners = [{"name": "magnitude", "sparsity": 0.5}]
    arguments = (script, SWEEP | {"pruners": pruners}, tmp_path / "points.db", workers)
    FOUND[words] = benchmark.pedantic(filled, arguments, rounds=1)
    assert FOUND[words]["points"] >= 1000 * sparsities
