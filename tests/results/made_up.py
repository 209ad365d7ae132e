"""Results with figures chosen by hand."""

from sparsesim.results import Result

IDENTITY = {
    "network": "net",
    "pruner": "none",
    "sparsity": 0.0,
    "format": "dense",
    "machine": "unit",
    "energy_table": "prices",
    "weights": "given",
    "dtype": "fp16",
    "m": 2,
    "n": 3,
    "k": 4,
    "repeat": 1,
    "groups": 1,
    "a_nnz": 8,
    "a_density": 1.0,
    "b_density": 1.0,
}


def made_up(layer="layer", **fields):
    """A result of one layer that took 1 s in DRAM unless told otherwise; all of it went to its bottleneck."""
    figures = {
        "a_bytes": 16,
        "macs": 24,
        "cycles": 10,
        "seconds": 1.0,
        "energy_pj": {"dram": 3.0, "mac": 1.0, "dynamic": 4.0, "total": 4.0},
        "dram_bytes": {"A": 16, "B": 24, "C": 12},
        "counts": {"mult_fp16": 24},
        "bottleneck": "memory",
    }
    figures |= fields
    figures.setdefault("time_s", {figures["bottleneck"]: figures["seconds"]})
    return Result(**IDENTITY | {"layer": layer} | figures)


def refused(layer="layer", note="not 2:4", **fields):
    return Result(**IDENTITY | {"layer": layer, "status": "refused", "note": note} | fields)
