"""A store of 100,000 points: written, loaded, and priced anew.

    pytest tests/benchmarks/test_large_store.py --benchmark-only

The last two start a fresh interpreter, as a user does.
"""

import subprocess
import sys

import pytest

from sparsesim.store import writing
from tests.benchmarks.large_store import large_store, many_records

POINTS = 100_000
_BATCH = 300
"""What one core simulates in a second."""

LOAD_FILTER_PLOT = """
import sys
import sparsesim as ss
import matplotlib
matplotlib.use("agg")
from matplotlib.figure import Figure
table = ss.load_results(sys.argv[1])
chosen = table[(table["machine"] == "sparch") & (table["status"] == "ok")]
figure = Figure()
figure.subplots().scatter(chosen["axis_batch"], chosen["seconds"], s=1)
figure.savefig(sys.argv[1] + ".png")
"""
PRICE = "from sparsesim.cli import main; import sys; sys.argv[0] = 'sparsesim'; main()"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return large_store(tmp_path_factory.mktemp("large") / "large.db", POINTS)


def run(*arguments):
    subprocess.run([sys.executable, "-c", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def test_a_batch_is_added(benchmark, tmp_path):
    records = list(many_records(_BATCH))
    with writing(tmp_path / "sweep.db", "batch", {}, {}, []) as store:
        benchmark(store.add, records)


def test_load_filter_and_plot(benchmark, store):
    benchmark.pedantic(run, (LOAD_FILTER_PLOT, store), rounds=3)


def test_price(benchmark, store):
    benchmark.pedantic(run, (PRICE, "price", store, "--energy", "horowitz-45nm"), rounds=3)
