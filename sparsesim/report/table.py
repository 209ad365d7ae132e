"""Tables for the terminal; `report.fitted` cuts them to its width."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.markup import escape
from rich.table import Table

from sparsesim.hardware.energy import SUMS
from sparsesim.report.fitted import TOGETHER, HeadedTable
from sparsesim.report.readable import figure, joules, ratio, seconds, size
from sparsesim.results import TIE, fastest
from sparsesim.results.columns import ENERGY
from sparsesim.results.grouping import told_apart
from sparsesim.results.totals import time_s

if TYPE_CHECKING:
    import pandas as pd

    from sparsesim.results import Result

Row = Mapping[str, Any]


class Column(NamedTuple):
    """One column of a table: its header, and the cell of a row."""

    title: str
    cell: Callable[[Row], str]
    right: bool = False


def _parts(energy_pj: Mapping[str, float]) -> dict[str, float]:
    """What the total of an energy is made of, idle power included."""
    return {name: part for name, part in energy_pj.items() if name not in SUMS}


def _mostly(point: Row) -> str:
    """The component that most energy goes to, static energy included, and its share."""
    share = _parts({name: point[column] for name, column in ENERGY.among(point).items()})
    most = max(share, key=lambda name: share[name])
    return f"{most}{TOGETHER}{share[most] / max(point['energy_total_pj'], 1e-300):.0%}"


WORTH_TELLING: Final = 0.1
"""Share of the time from which on a launch is shown beside another bottleneck."""


def limits(time_s: Mapping[str, float]) -> str:
    """The resource that most of the time went to with its share, and the launch from `WORTH_TELLING` on."""
    whole = sum(time_s.values())
    told = [max(time_s, key=lambda name: time_s[name])] if whole else []
    if "launch" not in told and time_s.get("launch", 0.0) >= WORTH_TELLING * whole > 0:
        told.append("launch")
    return ", ".join(f"{name}{TOGETHER}{time_s[name] / whole:.0%}" for name in told)


LOADED: Final = "* no kernel takes the format: the weights are unpacked once, when they are loaded"
"""What the star behind a kernel means."""


def stars(compared: "pd.DataFrame") -> list[str]:
    """What the stars in a table of these points mean, if there are any."""
    return [LOADED] if compared["unpacked"].str.contains("when loaded").any() else []


def _kernel(point: Row) -> str:
    """What ran; with a star where the weights were unpacked to another format when they were loaded."""
    return str(point["kernel"]) + ("*" if "when loaded" in point["unpacked"] else "")


NAMES: Final = (
    Column("machine", lambda point: escape(point["machine"])),
    Column("format", lambda point: str(point["format"])),
)
"""The columns that name a point; they stand again where a table is continued."""

FIGURES: Final = (
    Column("kernel", _kernel),
    Column("time", lambda point: seconds(point["seconds"]), right=True),
    Column("speedup", lambda point: ratio(point["speedup"]), right=True),
    Column("bottleneck", lambda point: limits(time_s(point))),
    Column("energy", lambda point: joules(point["energy_total_pj"]), right=True),
    Column("energy ratio", lambda point: ratio(point["energy_ratio"]), right=True),
    Column("dynamic", lambda point: joules(point["energy_dynamic_pj"]), right=True),
    Column("dynamic ratio", lambda point: ratio(point["dynamic_energy_ratio"]), right=True),
    Column("mostly", _mostly),
)
"""The columns of a point that was not refused; "energy" is the total, "dynamic" that without idle power."""

NAMED: Final = 2
"""Formats that a note names one by one; more are counted."""

NOTE: Final = Column("note", lambda point: point["remark"])


def points_table(compared: "pd.DataFrame", title: str = "") -> HeadedTable:
    """One row per point, under a heading per network and pruner; `compared` comes from `compare_to_baseline`."""
    return _under_headings(compared, title, (*NAMES, *FIGURES), _points)


def _points(section: "pd.DataFrame") -> Iterator[Row]:
    for point in section.to_dict("records"):
        yield {str(name): value for name, value in point.items()}


def best_table(compared: "pd.DataFrame", baseline_format: str, title: str = "") -> HeadedTable:
    """One row per machine, in its fastest format, under a heading per network and pruner.

    Where the format of the baseline is as fast but for 1 %, it is the one that is shown, and the row says so.
    """
    names = [column if column.title != "format" else column._replace(title="fastest format") for column in NAMES]
    return _under_headings(
        compared, title, (*names, *FIGURES, NOTE), lambda section: _best_points(section, baseline_format)
    )


def _best_points(section: "pd.DataFrame", baseline_format: str) -> Iterator[Row]:
    for machine, points in section.groupby("machine", sort=False):
        refused = int((points["status"] != "ok").sum())
        if refused == len(points):
            yield {"machine": machine, "format": "none", "status": "refused", "remark": f"all {refused} refused"}
            continue
        best, as_fast = fastest(points, baseline_format)
        tied = f"{len(as_fast)} others" if len(as_fast) > NAMED else ", ".join(as_fast)
        remarks = [f"{tied} within {TIE:.0%}"] if tied else []
        remarks += [f"{refused} of {len(points)} refused"] if refused else []
        yield {**best, "remark": "; ".join(remarks)}


def _under_headings(
    compared: "pd.DataFrame", title: str, columns: Sequence[Column], rows: "Callable[[pd.DataFrame], Iterable[Row]]"
) -> HeadedTable:
    table = HeadedTable(title=title)
    for column in columns:
        table.add_column(column.title, justify="right" if column.right else "left")
    sections = list(told_apart(compared).groupby(["network", "pruner", "sparsity"], sort=False))
    shown = Counter(_heading(key) for key, _ in sections)
    for key, section in sections:
        short = _heading(key)
        table.add_heading(short if shown[short] == 1 else _heading(key, digits=4))
        for row in rows(section):
            table.add_row(*(_point_cell(column, row) for column in columns))
    return table


def _heading(key: Any, digits: int = 0) -> str:
    """What stands above the points of a network under a pruner; more digits where sparsities would read alike."""
    network, pruner, sparsity = key
    return f"{network}: {pruner if pruner == 'none' else f'{pruner} {sparsity:.{digits}%}'}"


def _point_cell(column: Column, row: Row) -> str:
    """A refused point has a name and a note, and no figures."""
    if row["status"] == "ok" or column in (*NAMES, NOTE) or column.title == "fastest format":
        return column.cell(row)
    return "refused" if column.title == "time" else "-"


def refusals(total: "pd.DataFrame") -> list[str]:
    """One line per network, pruner and reason, with the number of points that were refused for it."""
    refused = total[total["status"] != "ok"].groupby(["network", "pruner", "note"], sort=False).size()
    return [
        f"{count} {'point' if count == 1 else 'points'} refused: {', '.join(map(str, key[:2]))}: {key[2]}"
        for key, count in _items(refused)
    ]


def _items(counted: "pd.Series[int]") -> list[tuple[tuple[str, ...], int]]:
    return list(zip(counted.index.to_list(), counted.to_list(), strict=True))


def _of_which(result: "Result") -> str:
    total = result.energy_pj["total"]
    parts = (f"{name}{TOGETHER}{part / total:.0%}" for name, part in _parts(result.energy_pj).items())
    return ", ".join(part for part in parts if not part.endswith(f"{TOGETHER}0%"))


RUN: Final = (
    ("machine", False, lambda result: escape(result.machine)),
    ("format", False, lambda result: result.format),
    ("kernel", False, lambda result: result.kernel),
    ("type", False, lambda result: result.dtype),
    ("A density", True, lambda result: f"{result.a_density:.2%}"),
    ("operands", False, lambda result: result.operands),
    ("cycles", True, lambda result: f"{result.cycles:,}"),
    ("time", True, lambda result: seconds(result.seconds)),
    ("bottleneck", False, lambda result: limits(result.time_s)),
    ("useful", True, lambda result: f"{result.utilisation:.1%}"),
    ("DRAM", True, lambda result: size(sum(result.dram_bytes.values()))),
    ("energy", True, lambda result: joules(result.energy_pj["total"])),
    ("dynamic", True, lambda result: joules(result.energy_pj["dynamic"])),
    ("of which", False, _of_which),
)
"""The columns of one run: header, whether it stands on the right, and the cell of a result; energies as for points."""


def single_table(results: "Sequence[Result]", title: str = "") -> Table:
    """One row per run of one operation."""
    table = Table(title=title)
    for name, right, _ in RUN:
        table.add_column(name, justify="right" if right else "left")
    for result in results:
        table.add_row(*(cell(result) for _, _, cell in RUN))
    return table


def rows_table(rows: Sequence[Mapping[str, object]]) -> Table:
    """Mappings with the same keys as a table; columns that are empty throughout are left out."""
    names = [name for name in rows[0] if any(row[name] not in (None, "") for row in rows)]
    table = Table()
    for name in names:
        number = isinstance(rows[0][name], int | float)
        table.add_column(
            name.replace("_", " "), justify="right" if number else "left", no_wrap=number or name == names[0]
        )
    for row in rows:
        table.add_row(*(_cell(name, row[name]) for name in names))
    return table


def _cell(name: str, value: object) -> str:
    if isinstance(value, float):
        return ratio(value) if name.endswith(("speedup", "ratio")) else figure(value)
    return f"{value:,}" if isinstance(value, int) else "" if value is None else escape(str(value))
