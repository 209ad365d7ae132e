"""Pages of panels: as many side by side as the page is wide, and room for the words around them.

Words are measured before anything is drawn, because an automatic layout would have to draw everything twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

PAGE_INCHES: Final = 7.0
"""The width of a page of text; pictures are drawn in the size in which they are read."""

COLUMN_INCHES: Final = 3.3
"""The width of one of two columns: no page is narrower."""

FONT_POINTS: Final = 7.0
LINE_INCHES: Final = 0.14
_HEADING_POINTS: Final = 8.0
_EDGE: Final = 0.08
_LEGEND_HANDLE: Final = 0.36


@dataclass(frozen=True)
class Section:
    """Panels of one size that belong together; all lengths are in inches.

    Attributes:
        heading: what stands above them; empty for nothing.
        count: how many panels.
        widths: the narrowest and the widest that a panel may be.
        height: of every panel.
        left, right: room beside the outermost panels, for names along y and what sticks out.
        gap: between two panels.
        above, below: room above each panel for its title, and below it for ticks and a label.
    """

    heading: str
    count: int
    widths: tuple[float, float]
    height: float
    left: float
    right: float = 0.2
    gap: float = 0.15
    above: float = 0.2
    below: float = 0.36

    def columns(self, width: float) -> int:
        """How many panels stand side by side on a page of this width; one, however narrow it is."""
        room = width - self.left - self.right + self.gap
        return min(self.count, max(1, int(room / (self.widths[0] + self.gap) + 1e-9)))

    def panel_width(self, width: float) -> float:
        """Inches, such that the panels of a line fill the page unless they would become too wide."""
        columns = self.columns(width)
        room = width - self.left - self.right - (columns - 1) * self.gap
        return min(self.widths[1], room / columns)

    def whole_width(self, width: float) -> float:
        """Inches of the longest line of panels, with the room on both sides."""
        columns = self.columns(width)
        return self.left + columns * (self.panel_width(width) + self.gap) - self.gap + self.right

    def lines(self, width: float) -> int:
        """How many lines of panels there are."""
        return -(-self.count // self.columns(width))

    def whole_height(self, width: float) -> float:
        """Inches of all lines and the heading."""
        heading = LINE_INCHES + 0.06 if self.heading else 0.0
        return heading + self.lines(width) * (self.above + self.height + self.below)


@dataclass(frozen=True)
class Page:
    """A figure, its panels by section, and where the words above them may stand."""

    figure: Figure
    panels: list[list[Axes]]
    head: float

    def legend(self, handles: Sequence[Any]) -> None:
        """A legend above all panels, in as many columns as the page is wide."""
        labels = [handle.get_label() for handle in handles]
        columns = _legend_columns(labels, self.figure.get_figwidth())
        spacing = {"handlelength": 1.6, "handletextpad": 0.5, "columnspacing": 1.2, "borderaxespad": 0.3}
        self.figure.legend(
            handles=handles, loc="upper center", ncols=columns, frameon=False, fontsize=FONT_POINTS, **spacing
        )


def page(sections: Sequence[Section], width: float, labels: Sequence[str], caption: str, head: float = 0.0) -> Page:
    """A page at most `width` inches wide with axes for every panel.

    `labels` are those of the legend that will stand above, `caption` is written below, and `head` are inches above
    the panels for anything else. A page is narrower if its panels need less, and single panels make a column.
    """
    narrowest = max(section.left + section.widths[0] + section.right for section in sections)
    fits_column = narrowest <= COLUMN_INCHES and all(section.count == 1 for section in sections)
    wanted = [COLUMN_INCHES, *(section.whole_width(width) for section in sections)]
    whole = min(width, COLUMN_INCHES if fits_column else max(wanted))
    head += legend_inches(labels, whole) + 0.05
    lines = wrapped(caption, whole - 2 * _EDGE)
    foot = len(lines) * LINE_INCHES + 0.06
    height = head + sum(section.whole_height(whole) for section in sections) + foot
    figure = Figure(figsize=(whole, height))
    figure.text(_EDGE / whole, 0.06 / height, "\n".join(lines), fontsize=FONT_POINTS, va="bottom", linespacing=1.25)
    panels, top = [], height - head
    for section in sections:
        panels.append(_fill(figure, section, top))
        top -= section.whole_height(whole)
    return Page(figure, panels, head)


def _fill(figure: Figure, section: Section, top: float) -> list[Axes]:
    whole, height = figure.get_size_inches()
    across, columns = section.panel_width(whole), section.columns(whole)
    if section.heading:
        words = fitting(section.heading, whole - 2 * _EDGE, _HEADING_POINTS)
        place = (_EDGE / whole, (top - LINE_INCHES) / height)
        figure.text(*place, words, fontsize=_HEADING_POINTS, fontweight="bold", va="bottom")
        top -= LINE_INCHES + 0.06
    made = []
    for number in range(section.count):
        line, column = divmod(number, columns)
        left = section.left + column * (across + section.gap)
        bottom = top - line * (section.above + section.height + section.below) - section.above - section.height
        axes = figure.add_axes((left / whole, bottom / height, across / whole, section.height / height))
        axes.tick_params(labelsize=FONT_POINTS, length=2.5, pad=2)
        made.append(axes)
    return made


def is_first_of_line(section: Section, number: int, width: float) -> bool:
    """Whether a panel stands leftmost, where the names along y are."""
    return number % section.columns(width) == 0


def beside_bar(
    axes: Axes, words: str, end: tuple[float, float], colour: str, side: Literal["left", "right"] = "right"
) -> None:
    """Words at the end of a bar that lies, in front of the grid."""
    axes.annotate(
        words,
        end,
        (2.0 if side == "right" else -2.0, 0),
        textcoords="offset points",
        ha="left" if side == "right" else "right",
        va="center_baseline",
        fontsize=FONT_POINTS,
        color=colour,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3},
    )


def panel_inches(axes: Axes) -> tuple[float, float]:
    """Width and height of the axes of a page."""
    width, height = axes.get_figure(root=True).get_size_inches()  # type: ignore[union-attr]
    place = axes.get_position()
    return float(place.width * width), float(place.height * height)


def legend_inches(labels: Sequence[str], width: float) -> float:
    """The height of a legend with these labels on a page of this width."""
    if not labels:
        return 0.0
    return -(-len(labels) // _legend_columns(labels, width)) * (LINE_INCHES + 0.02) + 0.08


def _legend_columns(labels: Sequence[str], width: float) -> int:
    widest = max(inches(label) for label in labels) + _LEGEND_HANDLE
    return max(1, min(len(labels), int((width - 2 * _EDGE) / widest)))


def inches(words: str, points: float = FONT_POINTS) -> float:
    """How long the longest line of a text is, in inches."""
    font = FontProperties(size=points)
    measured = (text_to_path.get_text_width_height_descent(line, font, False)[0] for line in words.split("\n"))
    return float(max(measured)) / 72


def wrapped(words: str, width: float, points: float = FONT_POINTS) -> list[str]:
    """The lines of a text that is `width` inches wide; it breaks at blanks and where it has breaks already."""
    lines: list[str] = []
    for paragraph in words.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and inches(longer, points) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def fitting(words: str, width: float, points: float = FONT_POINTS) -> str:
    """A text cut off with dots where it is longer than `width` inches."""
    if inches(words, points) <= width:
        return words
    while words and inches(f"{words}…", points) > width:
        words = words[:-1]
    return f"{words}…"
