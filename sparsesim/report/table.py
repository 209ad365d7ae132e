"""Tables for the terminal."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from sparsesim.hardware.energy import DYNAMIC
from sparsesim.report.readable import joules, seconds, size

if TYPE_CHECKING:
    import pandas as pd

    from sparsesim.results import Result

_PARTS = (*DYNAMIC, "static")
"""What the total energy is made of."""


def best_table(compared: "pd.DataFrame", title: str = "") -> Table:
    """One row per network, pruner and machine, in the fastest format; `compared` comes from `compare_to_baseline`."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in ("network", "pruner", "machine", "fastest format"):
        table.add_column(name)
    energies = ("energy", "energy ratio", "dynamic", "dynamic ratio", "mostly")
    for name in ("time", "speedup", "bottleneck", *energies, "refused"):
        table.add_column(name, justify="left" if name in ("bottleneck", "mostly") else "right")
    for _, section in compared.groupby(["network", "pruner", "sparsity"], sort=False):
        for _, points in section.groupby("machine", sort=False):
            table.add_row(*_best_row(points))
        table.add_section()
    return table


def _best_row(points: "pd.DataFrame") -> list[str]:
    first: Any = points.iloc[0]
    label = first["pruner"] if first["pruner"] == "none" else f"{first['pruner']} {first['sparsity']:.0%}"
    refused = int((points["status"] != "ok").sum())
    head = [escape(first["network"]), label, first["machine"]]
    if refused == len(points):
        return [*head, "none", *("-" for _ in range(8)), f"all {refused}"]
    best: Any = points.iloc[int(points["seconds"].argmin())]
    share = {part: best[f"energy_{part}_pj"] for part in _PARTS}
    mostly = max(share, key=lambda component: share[component])
    return [
        *head,
        str(best["format"]),
        seconds(best["seconds"]),
        _ratio(best["speedup"]),
        str(best["bottleneck"]),
        joules(best["energy_total_pj"]),
        _ratio(best["energy_ratio"]),
        joules(best["energy_dynamic_pj"]),
        _ratio(best["dynamic_energy_ratio"]),
        f"{mostly} {share[mostly] / max(best['energy_total_pj'], 1e-300):.0%}",
        f"{refused} of {len(points)}" if refused else "",
    ]


def _ratio(value: float) -> str:
    """A gain, or a dash where the baseline was refused."""
    return f"{value:.2f}x" if math.isfinite(value) else "-"


def refusals(total: "pd.DataFrame") -> list[str]:
    """One line per network, pruner and reason, with the number of points that were refused for it."""
    refused = total[total["status"] != "ok"].groupby(["network", "pruner", "note"], sort=False).size()
    return [
        f"{count} {'point' if count == 1 else 'points'} refused: {', '.join(map(str, key[:2]))}: {key[2]}"
        for key, count in _items(refused)
    ]


def _items(counted: "pd.Series[int]") -> list[tuple[tuple[str, ...], int]]:
    return list(zip(counted.index.to_list(), counted.to_list(), strict=True))


def single_table(results: "Sequence[Result]", title: str = "") -> Table:
    """One row per run of one operation; energy is the total, "dynamic" that without idle power."""
    table = Table(title=title, title_justify="left", header_style="bold")
    columns = ("machine", "format", "type", "A density", "cycles", "time", "bottleneck", "useful", "DRAM")
    for name in (*columns, "energy", "dynamic"):
        table.add_column(name, justify="left" if name in ("machine", "format", "type", "bottleneck") else "right")
    table.add_column("of which")
    for result in results:
        energy_pj = result.energy_pj
        parts = (f"{name} {energy_pj.get(name, 0.0) / energy_pj['total']:.0%}" for name in _PARTS)
        table.add_row(
            result.machine,
            result.format,
            result.dtype,
            f"{result.a_density:.2%}",
            f"{result.cycles:,}",
            seconds(result.seconds),
            result.bottleneck,
            f"{result.utilisation:.1%}",
            size(sum(result.dram_bytes.values())),
            joules(energy_pj["total"]),
            joules(energy_pj["dynamic"]),
            ", ".join(part for part in parts if not part.endswith(" 0%")),
        )
    return table


def rows_table(rows: Sequence[Mapping[str, object]]) -> Table:
    """Mappings with the same keys as a table; columns that are empty throughout are left out."""
    names = [name for name in rows[0] if any(row[name] not in (None, "") for row in rows)]
    table = Table(header_style="bold")
    for name in names:
        number = isinstance(rows[0][name], int | float)
        table.add_column(
            name.replace("_", " "), justify="right" if number else "left", no_wrap=number or name == names[0]
        )
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in names))
    return table


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else "" if value is None else escape(str(value))
