"""Stores of many points, made from real records: other identities, axes and seconds.

`python -m tests.benchmarks.large_store FILE [POINTS]` writes one.
"""

import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

from sparsesim.hardware import load_machine
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.results import point_record
from sparsesim.results.grouping import points_of
from sparsesim.store import Asked, writing
from sparsesim.studies import simulate_network

MACHINES = ("a100-pcie", "h100-pcie", "sparch", "titan-x", "core-i7-5930k")
_AT_A_TIME = 2000


def real_records():
    """Records of the small trained network on several machines, each at its own prices."""
    network, machines = load_network("digits-cnn"), [load_machine(name) for name in MACHINES]
    pruners = [pruner_by_name("none"), pruner_by_name("magnitude", 0.9), pruner_by_name("2:4")]
    formats = ["dense", "csr", "bitmap", "nm-2:4"]
    found = [result for pruner in pruners for result in simulate_network(network, pruner, formats, machines, None)]
    return [point_record(layers) for layers in points_of(found)]


def many_records(number):
    """So many records, of which no two have one identity."""
    real = real_records()
    for place in range(number):
        record = real[place % len(real)]
        row = {**record.row, "point": f"{place * 0x9E3779B97F4A7C15 % 2**64:032x}", "axis_batch": place // len(real)}
        yield replace(
            record, row=row | ({"seconds": row["seconds"] * (1 + place / number)} if "seconds" in row else {})
        )


def large_store(path: Path, number: int) -> Path:
    """A store of so many points, each of which is asked for."""
    labels = ("network", "pruner", "sparsity", "format", "machine")
    asked = [
        Asked(record.row["point"], "point", *(record.row[name] for name in labels), {"batch": record.row["axis_batch"]})
        for record in many_records(number)
    ]
    with writing(path, "large", {"name": "large"}, {}, asked) as store:
        records = many_records(number)
        while part := list(islice(records, _AT_A_TIME)):
            store.add(part)
    return path


if __name__ == "__main__":
    large_store(Path(sys.argv[1]), int((sys.argv[2:] or ["100000"])[0]))
