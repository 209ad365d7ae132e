"""Where the joules go: energy by component, for each machine and pruner."""

from collections.abc import Mapping
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparsesim.hardware.energy import MEASURED_POWER, SUMS
from sparsesim.report.layout import PAGE_INCHES
from sparsesim.report.readable import significant
from sparsesim.report.stacked import Part, best_or_all, stacked_page
from sparsesim.report.style import GREY, HATCHES, PAGE_DPI, SERIES_COLOURS, in_order, not_refused, nth, save
from sparsesim.results.columns import ENERGY
from sparsesim.results.grouping import told_apart

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

STATIC: Final = "static"
"""The component that is drawn last and hatched, apart from what the work itself takes."""

MEASURED: Final = "measured"
"""The whole of a routine whose power was measured, without the static part where that is known."""

COMPONENT_NAMES: Final = {
    "dram": "DRAM",
    "sram": "SRAM",
    "register": "register file",
    "mac": "MAC",
    "logic": "index / merge logic",
    MEASURED: "measured as a whole",
    STATIC: "static",
}
"""The components in the order in which they are drawn; any that is not listed comes before the static one."""

COMPONENT_COLOURS: Final = {
    "dram": SERIES_COLOURS[0],
    "sram": SERIES_COLOURS[4],
    "register": SERIES_COLOURS[2],
    "mac": SERIES_COLOURS[1],
    "logic": SERIES_COLOURS[3],
    MEASURED: SERIES_COLOURS[5],
    STATIC: "#b0b0b0",
}
_UNITS: Final = ((1e12, "J"), (1e9, "mJ"), (1e6, "µJ"), (1e3, "nJ"), (1.0, "pJ"))


def plot_energy(total: "pd.DataFrame", path: Path, width: float = PAGE_INCHES) -> Path:
    """`draw_energy`, saved."""
    return save(draw_energy(total, width), path, PAGE_DPI)


def draw_energy(total: "pd.DataFrame", width: float = PAGE_INCHES) -> "Figure":
    """A section per network, a panel per pruner and sparsity, a bar per machine and format with its total beside it.

    `total` is the table of `results.totals`; every component that it has a column of is drawn. Where bars would be
    many, each machine is shown in the format that needs the least energy. Panels of a network share their scale;
    refused points are marked; `width` is that of the page in inches. Raises InputError if every point was refused.
    """
    total = told_apart(total)
    done = not_refused(total)
    columns = _components(done)
    dynamic = [column for name, column in columns.items() if name != STATIC]
    with_sums = total.assign(
        _all=total[list(columns.values())].sum(axis=1), _dynamic=total[dynamic].sum(axis=1), words="refused"
    )
    points = best_or_all(with_sums, "_all")
    parts = [_part(name, column, place) for place, (name, column) in enumerate(columns.items())]
    whole = STATIC in columns or MEASURED in columns
    labels = {}
    for network in in_order(points["network"]):
        own = points["network"] == network
        scale, unit = _unit(float(points.loc[own, "_all"].max()))
        figures = [*columns.values(), "_all", "_dynamic"]
        points.loc[own, figures] = points.loc[own, figures].to_numpy(float) / scale
        labels[str(network)] = f"{'energy' if whole else 'dynamic energy'} per batch [{unit}]"
    points["words"] = [_words(row, columns.get(STATIC), whole) for row in points.to_dict("records")]
    return stacked_page(points, parts, labels, _caption(total, len(points) < len(total), whole), width)


def _components(done: "pd.DataFrame") -> dict[str, str]:
    """Column by component, in the order in which they are drawn; those that are zero throughout are left out."""
    found = {name: column for name, column in ENERGY.among(done.columns).items() if name not in SUMS}
    first = [name for name in COMPONENT_NAMES if name != STATIC]
    order = [*first, *(name for name in found if name not in COMPONENT_NAMES), STATIC]
    return {name: found[name] for name in order if name in found and done[found[name]].fillna(0).any()}


def _part(name: str, column: str, place: int) -> Part:
    if name in COMPONENT_NAMES:
        return Part(column, COMPONENT_NAMES[name], COMPONENT_COLOURS[name], "////" if name == STATIC else "")
    return Part(column, name.replace("_", " "), GREY, nth(HATCHES, place))


def _words(row: "Mapping[Any, Any]", static: str | None, whole: bool) -> str:
    if row["status"] != "ok":
        return str(row["refusal"])
    beside = ""
    if whole and isnan(row["idle_w"]) and row["energy_table"] != MEASURED_POWER:
        beside = " (static unknown)"
    elif static is not None and row[static]:
        beside = f" ({significant(row['_dynamic'])} dynamic)"
    return f"{significant(row['_all'])}{beside} {row['format']}"


def _caption(total: "pd.DataFrame", chosen: bool, whole: bool) -> str:
    machines = in_order(total["machine"])
    tables = {str(name): set(rows["machine"]) for name, rows in not_refused(total).groupby("energy_table", sort=False)}
    using = {name: ", ".join(filter(own.__contains__, machines)) for name, own in tables.items()}
    priced = [f"{name} ({names})" if len(tables) > 1 else name for name, names in using.items()]
    parts = [
        f"Energy {'tables' if len(tables) > 1 else 'table'}: {'; '.join(priced)}.",
        "Beside each bar: its total, and the format" + (" of least energy." if chosen else "."),
        *([] if whole else ["Without static energy."]),
    ]
    return " ".join(parts)


def _unit(energy_pj: float) -> tuple[float, str]:
    """The largest unit in which the number is at least 1."""
    return next(((scale, unit) for scale, unit in _UNITS if energy_pj >= scale), (1.0, "pJ"))
