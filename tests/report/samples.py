"""A small table for every picture, with figures chosen by hand."""

import numpy as np
import pandas as pd
import pytest

from sparsesim.hardware.energy import SUMS
from sparsesim.results import compare_to_baseline, result_table, totals
from sparsesim.results.columns import TIME
from tests.results.made_up import made_up, refused

MACHINES = {"cpu": (1e12, 1e11), "gpu": (1e14, 1e12), "unit": (1e13, 1e12)}
"""Peak MAC/s and bytes/s."""

REFERENCE = {"machine": "cpu", "pruner": "none", "format": "dense"}


def _layer(network, pruner, sparsity, machine, format, layer, seconds, joules):
    """A layer whose energies, bytes and MACs all differ, so that none can be taken for another."""
    peak, bandwidth = MACHINES[machine]
    parts = dict(zip(("dram", "sram", "register", "mac", "logic"), (0.4, 0.3, 0.15, 0.1, 0.05), strict=True))
    size = int(0.1 * bandwidth * seconds)
    return made_up(
        layer,
        network=network,
        pruner=pruner,
        sparsity=sparsity,
        machine=machine,
        format=format,
        seconds=seconds,
        macs=int(2e7 * (1 + (layer == "fc"))),
        dram_bytes={"A": size, "B": size // 2, "C": size // 4},
        energy_pj={name: share * joules * 1e12 for name, share in parts.items()} | dict.fromkeys(SUMS, joules * 1e12),
        peak_macs_per_s=peak,
        peak_bytes_per_s=bandwidth,
    )


def layers():
    """Two networks, two pruners, three machines and two formats; the unit refuses whatever is not pruned."""
    results, step = [], 0
    for network in ("small", "large"):
        for pruner, sparsity in (("none", 0.0), ("2:4", 0.5)):
            for machine in ("unit", "cpu", "gpu"):
                for format in ("dense", "csr"):
                    step += 1
                    identity = {"network": network, "pruner": pruner, "sparsity": sparsity}
                    if machine == "unit" and pruner == "none":
                        results.append(refused("conv", "not 2:4", machine=machine, format=format, **identity))
                        continue
                    time = {"unit": 8e-6, "cpu": 9e-4, "gpu": 4e-6}[machine] * (1 + 0.37 * (step % 7))
                    for layer in ("conv", "fc"):
                        results.append(_layer(*identity.values(), machine, format, layer, time, 1e-6 * (1 + step % 5)))
    return result_table(results)


def points():
    return totals(layers())


def compared():
    return compare_to_baseline(points(), REFERENCE)


def without_times(table):
    """Layers of which only the bottleneck is known."""
    return table.drop(columns=TIME.among(table.columns).values())


def timed_layers():
    """The same layers with their time by resource; the unit has resources of its own."""
    table = without_times(layers())
    shares = {"launch": 0.2, "memory": 0.5, "math": 0.3}, {"multipliers": 0.7, "merger": 0.3}
    for on_unit, own in enumerate(shares):
        for resource, share in own.items():
            is_own = (table["machine"] == "unit") == bool(on_unit)
            table[f"time_{resource}_s"] = table["seconds"] * share * is_own
    return table


def wide(machines=9, formats=9, sparsities=()):
    """Points of one network on many machines in many formats, some refused; speedups from 0.002x to 300x."""
    rows, step = [], 0
    pruners = [("magnitude", sparsity) for sparsity in sparsities] or [("none", 0.0), ("2:4", 0.5)]
    for pruner, sparsity in pruners:
        for machine in range(machines):
            for format in range(formats):
                step += 1
                is_refused = (machine + format) % 5 == 4
                rows.append(
                    {
                        "network": "net",
                        "pruner": pruner,
                        "sparsity": sparsity,
                        "machine": f"machine-{machine}",
                        "format": f"format-{format}",
                        "status": "refused" if is_refused else "ok",
                        "speedup": float("nan") if is_refused else 0.002 * 1.37 ** ((step * 7) % 38),
                    }
                )
    return pd.DataFrame(rows)


def over_bandwidth(formats=3, values=(64, 128, 256, 512), sparsities=(0.5, 0.9)):
    """Two machines of one name but for their bandwidth, and one without that axis; every line goes through 1."""
    rows = []
    for place, gbyte in enumerate((*values, None)):
        for format in range(formats):
            for sparsity in sparsities:
                speedup = 0.3 * (1 + place) * 1.31**format * (0.6 + sparsity)
                rows.append(
                    {
                        "network": "net",
                        "pruner": "magnitude",
                        "sparsity": sparsity,
                        "machine": f"unit ({gbyte} GB/s)" if gbyte else "cpu",
                        "format": f"format-{format}",
                        "axis_dram.bandwidth_bytes_per_s": gbyte and gbyte * 1e9,
                        "status": "refused" if (place, format) == (0, 2) else "ok",
                        "speedup": float("nan") if (place, format) == (0, 2) else speedup,
                        "seconds": 1e-4 / speedup,
                    }
                )
    return pd.DataFrame(rows)


def tradeoff():
    return pd.DataFrame(
        {
            "variant": variant,
            "accuracy": accuracy,
            "standard_error": 0.01,
            "machine": machine,
            "speedup": gain * factor,
            "energy_ratio": gain * factor * 1.5,
            "fastest_front": variant != "2:4",
            "thriftiest_front": variant != "magnitude",
        }
        for machine, factor in (("cpu", 1.0), ("gpu", 0.5))
        for variant, accuracy, gain in (("dense", 0.95, 1.0), ("2:4", 0.93, 1.4), ("magnitude", 0.7, 3.0))
    )


def sensitivity():
    accuracies = {"conv": (0.9, 0.85, 0.4), "fc": (0.9, 0.89, 0.8)}
    return [
        {"layer": layer, "ratio": ratio, "accuracy": accuracy}
        for layer, found in accuracies.items()
        for ratio, accuracy in zip((0.0, 0.5, 0.9), found, strict=True)
    ]


def ladder():
    return [
        {"method": method, "reduction": reduction, "accuracy": mean, "lowest": mean - 0.05, "highest": mean + 0.02}
        for method, means in (("one", (0.9, 0.7)), ("two", (0.92, 0.85)))
        for reduction, mean in zip((2, 10), means, strict=True)
    ]


def spy():
    random = np.random.default_rng(3)
    return {"conv": random.random((4, 3, 3, 3)) < 0.3, "fc": random.random((300, 40)) < 0.1}


def errors():
    columns = ("metric", "case", "published", "simulated", "error_pct", "fitted")
    rows = [
        ("bytes", "one, small", 100, 101, 1.0, False),
        ("area", "total", 28.49, 28.5, 0.04, True),
        ("bytes", "two, small", 5000, 2500, -50.0, False),
    ]
    return pd.DataFrame(rows, columns=columns)


def sweeps():
    return pd.DataFrame(
        {
            "sweep": sweep,
            "value": value,
            "matrix": matrix,
            "is_shipped": value == 64,
            "dram_bytes": scale * 6400 // min(value, 6400),
            "GFLOP/s": 5.0 * scale + place,
        }
        for sweep in ("ways", "window")
        for place, value in enumerate((16, 64, 10**9))
        for matrix, scale in (("two", 1), ("one", 3))
    )


def explored():
    """A front of two among uniform sparsities, others and one that was refused."""
    held_out = {1: (0.83, 0.04), 4: (0.91, 0.03)}
    return pd.DataFrame(
        {"trial": number, "origin": origin, "state": state, "seconds": 1e-6 * micros, "accuracy": accuracy}
        | {"held_out_accuracy": held_out.get(number, (None, None))[0]}
        | {"held_out_standard_error": held_out.get(number, (None, None))[1]}
        for number, (origin, state, micros, accuracy) in enumerate(
            [
                ("uniform 0", "beaten", 9, 0.92),
                ("uniform 0.5", "front", 4, 0.90),
                ("uniform 0.9", "excluded", 1, 0.2),
                ("sensitivity", "beaten", 6, 0.85),
                ("search", "front", 7, 0.93),
                ("search", "excluded", 2, 0.4),
                ("search", "refused", float("nan"), float("nan")),
            ]
        )
    )


def ablation():
    return pd.DataFrame(
        {"order": order, "part": part, "matrix": matrix, "dram_bytes": 10e6 * scale}
        | {f"dram_{tensor}_bytes": scale * n * 1e6 for n, tensor in enumerate(("A", "B", "partial", "C"), start=1)}
        for order, part in (("added", "none"), ("added", "huffman"), ("left out", "huffman"))
        for matrix, scale in (("one", 1), ("two", 2))
    )


def simulation_times():
    return pd.DataFrame(
        {
            "kind": ["real", "R-MAT", "R-MAT"],
            "matrix": ["one", "r1", "r2"],
            "multiplies": [10**3, 10**6, 10**7],
            "seconds": [0.5, 0.01, 0.1],
        }
    )


PUBLISHED = {
    "FLOP per compulsory byte": 0.19,
    "GFLOP/s": 10.4,
    "nJ/FLOP compute": 0.2,
    "nJ/FLOP SRAM": 0.3,
    "nJ/FLOP DRAM": 0.15,
}


def matrices():
    return pd.DataFrame(
        {"matrix": name, "in_paper": kind, "FLOP per compulsory byte": intensity, "GFLOP/s": rate}
        | {"peak_gbyte_per_s": 128.0, "peak_gmac_per_s": 16.0}
        | {"nJ/FLOP compute": 0.1 * scale, "nJ/FLOP SRAM": 0.4 * scale, "nJ/FLOP DRAM": 0.2 * scale}
        for name, kind, intensity, rate, scale in (
            ("one", "exact", 0.1, 10.0, 1),
            ("two", "no", 1.0, 30.0, 9),
            ("three", "reconstructed", 0.15, 12.0, 2),
        )
    )


def tensor_core():
    records = []
    for card in ("H100", "A100"):
        for number, (suite, m, n, k) in enumerate(
            [("LLM", 16, 4096, 4096), ("LLM", 1024, 4096, 4096), ("SQUARE", 2048, 2048, 2048)]
        ):
            dense, sparse = 20.0 * 3**number, 15.0 * 2.7**number
            times = {"dense_measured_us": dense, "dense_simulated_us": 1.1 * dense}
            times |= {"sparse_measured_us": sparse, "sparse_simulated_us": 0.9 * sparse}
            ratios = {"ratio_measured": dense / sparse, "ratio_simulated": 1.1 * dense / (0.9 * sparse)}
            identity = {"card": card, "type": "fp16", "suite": suite, "kernel": "2:4", "m_tokens": m, "n": n, "k": k}
            records.append(identity | {"fitted": number == 0} | times | ratios)
    return pd.DataFrame(records)


def spmm_curves():
    return pd.DataFrame(
        {
            "size": size,
            "vector_length": length,
            "sparsity": sparsity,
            "seconds": 1e-3 * (1 - sparsity) / length * size / 1024,
            "dense_seconds": 5e-5 * size / 1024,
        }
        for size in (1024, 2048)
        for length in (1, 8)
        for sparsity in (0.7, 0.9, 0.98)
    )


def crossings():
    return pd.DataFrame(
        {"size": size, "vector_length": length, "sparsity": sparsity}
        for size in (1024, 2048)
        for length, sparsity in ((1, 0.95), (8, None))
    )


def spmm_measured():
    return pd.DataFrame(
        {
            "vector_length": length,
            "fitted": fitted,
            "measured_us": measured,
            "simulated_us": measured * (1 + error / 100),
            "error_pct": error,
        }
        for length, fitted, measured, error in (
            (2, True, 10.0, -25.0),
            (4, True, 40.0, -10.0),
            (4, False, 20.0, 20.0),
            (8, False, 100.0, -30.0),
        )
    )


def crossover():
    """Points over a sparsity; the first side overtakes at 0.9."""
    places = ((0.5, 0.25), (0.8, 0.6), (0.89, 0.95), (0.9, 1.05), (0.95, 1.6))
    return {
        "first": "csr@gpu",
        "second": "dense@gpu",
        "over": "sparsity",
        "figure": "seconds",
        "workload": "small, magnitude, batch 1",
        "band": 0.1,
        "crossings": [{"value": 0.9, "ratio": 1.05, "ahead": "first", "before": 0.89, "low": 0.89, "high": 0.9}],
        "points": [{"value": value, "ratio": ratio} for value, ratio in places],
        "answer": ["csr@gpu overtakes dense@gpu at sparsity 90 %."],
    }


def _waiting(layer, microseconds, shares, gains):
    seconds = 1e-6 * microseconds
    return {
        "layer": layer,
        "seconds": seconds,
        "time_s": {name: share * seconds for name, share in shares.items()},
        "bottleneck": next(iter(shares)),
        "twice": {name: {"speedup": gain} for name, gain in gains.items()},
    }


def bottlenecks():
    """Two layers that are alike, and one that the merger holds up."""
    names = ("MACs", "DRAM latency", "merger", "stages", "clock", "all at once")
    fc = dict(zip(names, (1.5, 1.2, 1.0, 1.001, 1.6, 2.0), strict=True))
    conv = dict(zip(names, (1.0, 1.01, 1.3, 1.0, 1.9, 2.1), strict=True))
    total = dict(zip(names, (1.25, 1.1, 1.1, 1.0, 1.7, 2.05), strict=True))
    busy, merging = {"math": 0.75, "latency": 0.25}, {"merger": 0.9, "launch": 0.1}
    words = {name: {"words": f"twice the {name}", "combined": name == "clock"} for name in names[:-1]}
    return {
        "workload": "small, batch 1",
        "machine": "unit",
        "format": "csr",
        "resources": words | {"DRAM latency": {"words": "half the DRAM latency", "combined": False}},
        "layers": [_waiting("fc1", 10, busy, fc), _waiting("fc2", 10, busy, fc), _waiting("conv", 30, merging, conv)],
        "total": _waiting("total", 50, {"merger": 0.54, "math": 0.3, "latency": 0.1, "launch": 0.06}, total),
        "answer": ["Time goes to merger 54%, math 30%, latency 10%."],
    }


SAMPLES = {
    "energy": (points, {}),
    "speedup": (compared, {"baseline": "machine cpu, pruner none, format dense"}),
    "curves": (over_bandwidth, {"over": "dram.bandwidth_bytes_per_s", "panels": "sparsity"}),
    "time-shares": (timed_layers, {}),
    "roofline": (layers, {}),
    "tradeoff": (tradeoff, {"title": "small, 100 samples"}),
    "sensitivity": (sensitivity, {"baseline": 0.9, "max_drop": 0.1, "chosen": {"conv": 0.5, "fc": 0.9}}),
    "crossover": (crossover, {}),
    "bottlenecks": (bottlenecks, {}),
    "front": (explored, {"objectives": ["seconds", "accuracy"], "title": "small: 7 trials"}),
    "ladder": (ladder, {"baseline": 0.93, "allowed_drop": 0.01}),
    "spy": (spy, {"title": "small: magnitude"}),
    "errors": (errors, {}),
    "matrices": (matrices, {"published": PUBLISHED}),
    "sweeps": (sweeps, {}),
    "ablation": (ablation, {}),
    "simulation-time": (simulation_times, {}),
    "tensor-core-times": (tensor_core, {}),
    "tensor-core-ratios": (tensor_core, {}),
    "tensor-core-tokens": (tensor_core, {}),
    "spmm-crossovers": (spmm_curves, {"crossings": crossings()}),
    "spmm-measured": (spmm_measured, {}),
}
"""By the name of the picture: the table that it is drawn from, and its other arguments."""


def sample_of(name):
    if name not in SAMPLES:
        pytest.fail(f"picture {name} has no table to draw: add one to SAMPLES in tests/report/samples.py")
    return SAMPLES[name]
