"""A point as one small record: what its layers took together, and the layers themselves, packed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sparsesim.energies import ENERGIES
from sparsesim.results.columns import ADDED, ADDED_FAMILIES, AXES, IDENTITY, NO_WEIGHTS, POINT
from sparsesim.results.packed_layers import packed
from sparsesim.results.record import Result

SHARED: Final = ("weights", "dtype", "idle_w")
"""What a point has of its first layer that tells it."""

_FAMILIES: Final = tuple(ADDED_FAMILIES.items())


@dataclass(frozen=True)
class PointRecord:
    """One point of a sweep, in built-in types.

    Attributes:
        row: its columns as `point_row` gives them.
        layers: its results, one per layer, as `packed` writes them and `layer_results` reads them.
    """

    row: Mapping[str, Any]
    layers: bytes


def point_record(results: Sequence[Result]) -> PointRecord:
    """The record of a point, given the results of all of its layers in order, of which there is at least one.

    >>> import sparsesim as ss
    >>> record = point_record(ss.multiply("karate", None, "sparch"))
    >>> record.row["machine"], record.row["layers"], record.row["macs"]
    ('sparch', 1, 1212)
    """
    return PointRecord(point_row([nested(result) for result in results]), packed(results))


def nested(result: Result) -> Mapping[str, Any]:
    """The fields of a result as `point_row` takes them: every energy is there, 0 where nothing was counted."""
    energy_pj = {part: result.energy_pj.get(part, 0.0) for part in ENERGIES}
    return vars(result) | {"energy_pj": energy_pj}


def point_row(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns of a point, given the fields of its layers by name; `axes` and what is added up are mappings.

    This is the one definition of a point's figures. Times, energies, bytes and counts are the sums of those of its
    layers; integers are exact however large they are. Seconds and picojoules are added with compensation (Kahan), in
    the order of the layers. A point with a refused layer is refused as a whole, with the first reason and no figures.
    `kernel` and `unpacked` name everything that its layers ran, what took most time first. `density` is the share of
    weights that are not zero, in [0, 1], over all layers that have weights; NaN without any. `bottleneck` is the
    resource that most of the time of all layers went to. `axis_*` and the sums of families that no layer has are left
    out.
    """
    first = layers[0]
    row: dict[str, Any] = {name: first[name] for name in POINT}
    row[IDENTITY] = first.get(IDENTITY, "")
    row |= {AXES.column(axis): value for axis, value in first["axes"].items()}
    row["layers"] = len(layers)
    row |= {name: _by_time(layers, name) for name in ("kernel", "unpacked")}
    row["density"] = _density(layers)
    notes = [layer["note"] for layer in layers if layer["status"] != "ok"]
    sums = {} if notes else _sums(layers)
    row |= sums
    row |= {name: next((layer[name] for layer in layers if _told(name, layer[name])), None) for name in SHARED}
    row["weights"] = row["weights"] or NO_WEIGHTS
    # Of one machine at its own prices, some routines may have a measured power and others a table.
    row["energy_table"] = " + ".join(dict.fromkeys(layer["energy_table"] for layer in layers))
    row["bottleneck"] = next(iter(_longest_first(sums, "time_s")), "")
    row["status"] = "refused" if notes else "ok"
    row["note"] = notes[0] if notes else next((layer["note"] for layer in layers if layer["note"]), "")
    return row


def is_missing(value: Any) -> bool:
    """Whether a value is None or NaN."""
    return value is None or value != value


def _longest_first(row: Mapping[str, Any], field: str) -> dict[str, Any]:
    spent = ADDED_FAMILIES[field].among(row)
    return dict(sorted(((name, row[column]) for name, column in spent.items()), key=lambda item: -item[1]))


def _told(name: str, value: Any) -> bool:
    return not is_missing(value) and (name, value) != ("weights", NO_WEIGHTS)


def _sums(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    added: dict[str, Any] = {name: _sum([layer[name] for layer in layers]) for name in ADDED if name in layers[0]}
    for field, family in _FAMILIES:
        parts: dict[str, list[Any]] = {}
        for layer in layers:
            for key, value in layer[field].items():
                parts.setdefault(key, []).append(value)
        added |= {family.column(key): _sum(values) for key, values in parts.items()}
    return added


def _sum(values: Iterable[Any]) -> Any:
    """The sum of those numbers that are known, NaN if none is; integers exactly, others with compensation."""
    known = [value for value in values if not is_missing(value)]
    if not known or all(type(value) is int for value in known):
        return sum(known) if known else math.nan
    total = lost = 0.0
    for value in known:
        part = value - lost
        new = total + part
        lost = new - total - part
        if lost != lost:  # beyond the largest float
            lost = 0.0
        total = new
    return total


def _by_time(layers: Sequence[Mapping[str, Any]], name: str) -> str:
    """Every different text of a field, joined, the one that most of the time went to first."""
    seconds: dict[str, list[float]] = {}
    for layer in layers:
        if layer.get(name):
            seconds.setdefault(layer[name], []).append(layer["seconds"])
    if len(seconds) < 2:
        return next(iter(seconds), "")
    return " + ".join(sorted(seconds, key=lambda text: -_sum(seconds[text])))


def _density(layers: Sequence[Mapping[str, Any]]) -> float:
    """Non-zero weights over all weights."""
    weighted = [layer for layer in layers if layer["weights"] != NO_WEIGHTS]
    size = sum(layer["groups"] * layer["m"] * layer["k"] for layer in weighted)
    return float(sum(layer["a_nnz"] for layer in weighted)) / float(size) if size else math.nan
