"""Roofline: the rate that each layer reached over its useful work per DRAM byte."""

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from matplotlib.lines import Line2D

from sparsesim.array_types import FloatArray
from sparsesim.report.layout import PAGE_INCHES, Section, page
from sparsesim.report.resources import in_words, resource_styles
from sparsesim.report.roof_panel import RoofPanel
from sparsesim.report.shapes import Shape, shapes_of
from sparsesim.report.style import GREY, MARKERS, PAGE_DPI, in_order, not_refused, nth, pruned, save
from sparsesim.results.columns import DRAM
from sparsesim.results.grouping import told_apart

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FEW_SHAPES: Final = 6
"""Up to as many shapes of layers every point is labelled by name; beyond that by number, but for the longest."""

_KEYS: Final = ["network", "layer", "pruner", "sparsity", "machine"]


def plot_roofline(table: "pd.DataFrame", path: Path, width: float = PAGE_INCHES) -> Path:
    """`draw_roofline`, saved."""
    return save(draw_roofline(table, width), path, PAGE_DPI)


def draw_roofline(table: "pd.DataFrame", width: float = PAGE_INCHES) -> "Figure":
    """A section per network and a panel per machine: one point per layer in its fastest format, a roof per kernel.

    Colours are bottlenecks, marks are pruners. `table` has one row per layer (`results.result_table`), perhaps with the
    column `kernel`; refused layers and those without work or DRAM traffic are left out. Work is counted in products
    of two non-zeros. `width` is that of the page in inches. Raises InputError if every layer was refused.
    """
    table = told_apart(table)
    done = not_refused(table)
    done = done.assign(_intensity=_intensity(done), _rate=done["macs"] / done["seconds"])
    drawn = done[(done["macs"] > 0) & (done["_intensity"] < float("inf"))]
    best = drawn.loc[drawn.groupby(_KEYS, sort=False)["seconds"].idxmin()]
    states = list(dict.fromkeys(zip(best["pruner"], best["sparsity"], strict=True)))
    marks = {state: nth(MARKERS, number) for number, state in enumerate(states)}
    colours = {name: look[0] for name, look in resource_styles(in_order(best["bottleneck"])).items()}
    shapes = {str(network): shapes_of(rows) for network, rows in best.groupby("network", sort=False)}
    sections, panels = [], []
    for network, own in best.groupby("network", sort=False):
        machines = in_order(own["machine"])
        few = len({shape.number for shape in shapes[str(network)].values()}) <= FEW_SHAPES
        height, widest = (2.2, 4.0) if few or len(machines) > 1 else (3.2, 6.3)
        sections.append(Section(str(network), len(machines), (2.6, widest), height, 0.62, gap=0.62))
        parts = ((own[own["machine"] == machine], done[done["machine"] == machine]) for machine in machines)
        panels.append([RoofPanel(*part, shapes[str(network)], colours, marks, few) for part in parts])
    handles = _handles(colours, marks)
    labels = [str(handle.get_label()) for handle in handles]
    whole = page(sections, width, labels, _caption(table, len(best), shapes))
    for row, views in zip(whole.panels, panels, strict=True):
        for axes, view in zip(row, views, strict=True):
            view.fill(axes)
    whole.legend(handles)
    return whole.figure


def _handles(colours: dict[str, str], marks: dict[tuple[str, float], str]) -> list[Line2D]:
    """Marks in the colour of each bottleneck, and grey ones in the shape of each pruner."""
    names = defaultdict(list)
    for name, colour in colours.items():
        names[colour].append(in_words(name))
    bounds = [("o", colour, f"bound by {' / '.join(own)}") for colour, own in names.items()]
    pruners = [(mark, GREY, pruned(*state)) for state, mark in marks.items()]
    return [
        Line2D([], [], marker=mark, linestyle="none", color=colour, markersize=4, label=label)
        for mark, colour, label in (*bounds, *pruners)
    ]


def _caption(table: "pd.DataFrame", points: int, shapes: "dict[str, dict[str, Shape]]") -> str:
    asked = len(table.drop_duplicates(_KEYS))
    lines = [
        "A point per layer, in its fastest format; useful: both factors are non-zero.",
        *([f"{asked - points} layers are not drawn: refused, or nothing to do or to load."] if asked > points else []),
    ]
    lines = [" ".join(lines)]
    for network, own in shapes.items():
        by_number = {shape.number: shape.name for shape in own.values()}
        if len(by_number) > FEW_SHAPES:
            # Blanks that do not break, so that a number stays beside its name.
            entries = (f"{number} {name}".replace(" ", "\u00a0") for number, name in by_number.items())
            lines.append(f"{network}: " + "  ".join(entries))
    return "\n".join(lines)


def _intensity(points: "pd.DataFrame") -> FloatArray:
    """float64[rows], useful MACs per DRAM byte; infinite where nothing was loaded."""
    moved = list(DRAM.among(points.columns).values())
    traffic = points[moved].fillna(0).to_numpy(float).sum(axis=1)
    intensity: FloatArray = points["macs"].to_numpy(float) / traffic.clip(1e-300)
    intensity[traffic == 0] = float("inf")
    return intensity
