"""Tables for the terminal on what a method did to a network."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from sparsesim.report.table import rows_table

if TYPE_CHECKING:
    from sparsesim.pruning import MaskStatistics, TotalStatistics
    from sparsesim.transforms import MaskFigures

HIDDEN: Final = frozenset({"count_bytes", "bias_bytes", "storage"})
"""Columns of sizes for which a terminal has no room; JSON has them."""


def mask_table(figures: "MaskFigures") -> Table:
    """One row per layer and one for all of them, in few columns; `MaskFigures.as_object` has all figures."""
    total = _amounts("total", figures.total)
    rows = [_row(name, layer) for name, layer in figures.layers.items()]
    rows.append(dict.fromkeys(rows[0], "") | total if rows else total)
    if figures.kept_before:
        shares = zip(rows, figures.kept_before, strict=True)
        rows = [row | {"|w| unpermuted": f"{share:.1%}"} for row, share in shares]
    return rows_table(rows)


def mask_notes(figures: "MaskFigures") -> list[str]:
    """What a reader of the table should know, a line each."""
    notes = dict.fromkeys(layer.tail_note for layer in figures.layers.values() if layer.tail_note)
    empty = figures.total.empty_layers
    return [
        "busiest: non-zeros of the fullest row, column or tile over their mean",
        *(f"note: {note}" for note in notes),
        *([f"note: no weight is left in {', '.join(empty)}"] if empty else []),
    ]


def sizes_table(rows: Sequence[Mapping[str, Any]], totals: Mapping[str, Any]) -> Table:
    """Sizes and errors of compressed layers, and of all of them."""
    shown = [{name: row[name] for name in row if name not in HIDDEN} for row in rows]
    total = {name: value for name, value in totals.items() if name != "dtype"}
    return rows_table([*shown, dict.fromkeys(shown[0]) | {"layer": "total"} | total])


def ratios_table(
    ratios: Sequence[float], accuracies: Mapping[str, Sequence[float]], chosen: Mapping[str, float]
) -> Table:
    """The accuracy of every layer over the ratio at which it alone is pruned, and the ratio that was chosen."""
    return rows_table(
        [
            {"layer": layer, "chosen": f"{chosen[layer]:.0%}"}
            | {f"{ratio:.0%}": f"{accuracy:.1%}" for ratio, accuracy in zip(ratios, found, strict=True)}
            for layer, found in accuracies.items()
        ]
    )


def accuracy_table(record: Mapping[str, Any]) -> Table:
    """One row of shares as they are read, the accuracy with its sampling error."""
    names = ("sparsity", "accuracy", "standard_error", "unpruned_accuracy")
    shown = {name: f"{record[name]:.2%}" for name in names if record.get(name) is not None}
    if "accuracy" in shown:
        shown["accuracy"] += f" ± {shown.pop('standard_error')}"
        shown["standard_error"] = ""
    return rows_table([{**record, **shown}])


def before_and_after(totals: Mapping[str, Any]) -> list[str]:
    """How parameters and multiply-accumulates went down, a line each."""
    lines = []
    for name, title in (("params", "parameters"), ("macs", "MACs")):
        before, after = totals[f"{name}_before"], totals[f"{name}_after"]
        lines.append(f"{title}: {before:,} -> {after:,} ({after / before:.1%})")
    return lines


def _amounts(name: str, figures: "MaskStatistics | TotalStatistics") -> dict[str, object]:
    asked = figures.requested_sparsity
    return {
        "layer": name,
        "asked": "" if asked is None else f"{asked:.2%}",
        "sparsity": f"{figures.sparsity:.2%}",
        "nnz": figures.nnz,
        "of": figures.size,
        "|w| kept": f"{figures.kept_magnitude_fraction:.1%}",
    }


def _row(name: str, figures: "MaskStatistics") -> dict[str, object]:
    tiles = {f"tile {size}": f"{balance.busiest_over_mean:.2f}" for size, balance in figures.tiles.items()}
    return {
        **_amounts(name, figures),
        "row variation": f"{figures.row_nnz_variation:.2f}",
        "busiest row": f"{figures.busiest_row_over_mean:.2f}",
        "column": f"{figures.columns.busiest_over_mean:.2f}",
        **tiles,
    }
