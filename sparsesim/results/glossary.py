"""What the columns of tables mean: unit and range of each, and of whole families."""

from collections.abc import Iterable
from typing import Final

from sparsesim.results.columns import AXES, COUNTS, DETAILS, DRAM, ENERGY, TIME, Family

COLUMNS: Final = {
    "network": "name of the network; in brackets what tells networks of one name apart; matrix for a product alone",
    "layer": "name of the operation within the network; one row per layer",
    "pruner": "name of the pruner; none if unpruned, given if the weights came pruned",
    "sparsity": "share of the weights that the pruner was asked to remove, or reached where nobody asked; 0 to 1",
    "format": "storage format of the weights",
    "machine": "name of the machine",
    "point": "content hash of everything that decides the figures of a point; 32 hexadecimal digits",
    "layers": "operations that a point adds up; 1 or more, 0 for one that failed",
    "kernel": "routines of the machine's library that ran, what took most time first",
    "unpacked": "when loaded or on the way, where no kernel takes the format as it is stored; else empty",
    "density": "share of the weights that are not zero; 0 to 1, missing without weights",
    "a_bytes": "size of the weights (operand A) as the kernels get them, metadata included; bytes",
    "a_metadata_bits": "the part of A that is not values; bits",
    "a_nnz": "non-zeros of A, in all groups",
    "a_density": "share of A that is not zero; 0 to 1",
    "b_density": "share of B that is not zero; 0 to 1",
    "macs": "multiply-accumulates of two non-zeros, the useful work",
    "cycles": "clock cycles at the nominal clock",
    "seconds": "run time, with what a power cap adds; s",
    "simulation_seconds": "time that the simulation itself took; s",
    "weights": "where the weights come from, such as trained or given; none for products of two activations",
    "dtype": "number type of A",
    "idle_w": "power that the machine draws at all times; W, missing if unpublished",
    "energy_table": "prices of the energies: a table, several joined by +, or measured power",
    "bottleneck": "resource that most of the time went to; `sparsesim list bottlenecks` explains them",
    "status": "ok, refused (format or machine does not take it, see note), or failed (an error, see note)",
    "note": "why a point was refused or failed, or a remark",
    "speedup": "seconds of the baseline over those of the point; above 1 is faster",
    "energy_ratio": "total energy of the baseline over that of the point; above 1 is better",
    "dynamic_energy_ratio": "the same without idle power",
    "m": "rows of A and C, of one group",
    "n": "columns of B and C, of one group",
    "k": "columns of A and rows of B, of one group",
    "repeat": "how many times the operation is done, one after the other; all figures are for all of them",
    "groups": "independent products of equal size that are started together",
    "empty_rows": "rows of A without a non-zero that were left out of the product, in all groups",
    "empty_columns": "columns of A without a non-zero that were left out with their rows of B, in all groups",
    "utilisation": "useful MACs over those that the unit could have done in the same time; 0 to 1",
    "bandwidth_utilisation": "DRAM traffic over what peak bandwidth allows in the same time; 0 to 1",
    "power_w": "mean power; W",
    "peak_macs_per_s": "MACs per second that the unit could do at most; 1/s",
    "peak_bytes_per_s": "peak DRAM bandwidth; bytes/s",
}
"""Columns of points and of layers, in the order in which tables have them."""

FAMILIES: Final[dict[str, tuple[Family, str]]] = {
    "axis_NAME": (AXES, "value of what the sweep varies, such as axis_batch; in the unit of its name"),
    "time_RESOURCE_s": (TIME, "the part of seconds that a resource decided; s, they add up to seconds"),
    "energy_PART_pj": (
        ENERGY,
        "energy by part: dram, sram, register, mac, logic, measured; static (idle power), dynamic (without it), "
        "total; pJ",
    ),
    "dram_TENSOR_bytes": (DRAM, "DRAM traffic of a tensor: A, B, C, partial; bytes"),
    "count_ACTION": (
        COUNTS,
        "how often a priced action happened, by its name in energy tables; those in _bits count bits",
    ),
    "detail_NAME": (DETAILS, "a figure that only this kind of accelerator has"),
}
"""Families of columns: a pattern, and what all of them mean."""


def meaning_of(column: str) -> str | None:
    """What a column means, None for one that nobody explains.

    >>> meaning_of("count_mult_fp16").partition(",")[0]
    'how often a priced action happened'
    """
    if column in COLUMNS:
        return COLUMNS[column]
    return next((words for family, words in FAMILIES.values() if family.key(column) is not None), None)


def glossary(columns: Iterable[str] | None = None) -> dict[str, str]:
    """Meaning by column, of these or, with families as patterns, of all that there are."""
    if columns is None:
        return COLUMNS | {pattern: words for pattern, (_, words) in FAMILIES.items()}
    return {column: meaning_of(column) or "" for column in columns}
