"""Tables cut to the width of a terminal: words wrap, figures are never broken, shortened or left out."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

GAP: Final = 2
"""Spaces between two columns."""
LONGEST_WORD: Final = 30
"""A longer one, such as a path, may be broken; figures may not. Texts up to twice as long have two lines at most."""
TOGETHER: Final = "\u00a0"
"""Stands for a space at which a cell is not wrapped, as in "dram 70%"; it is printed as a space."""


class HeadedTable(Table):
    """A table with headings between its rows."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.headings: dict[int, str] = {}

    def add_heading(self, text: str) -> None:
        """A line above the row that is added next."""
        self.headings[self.row_count] = text


def fitted(table: Table, width: int, keys: int = 1) -> list[RenderableType]:
    """What to print for a table on lines of `width` characters, in this order.

    Text wraps between words, headers do, and columns that still have no room follow below in a table of their own;
    there the first `keys` columns, which name the row, stand again.
    """
    columns = [_Column(table, number) for number in range(len(table.columns))]
    shown: list[RenderableType] = [Text.from_markup(str(table.title))] if table.title else []
    for part in _parts(columns, width, keys):
        shown += _drawn(table, part, _widths(part, width))
    return shown


class _Column:
    """The words of a column: header and cells, and the room that they need at least and at most."""

    def __init__(self, table: Table, number: int) -> None:
        column = table.columns[number]
        self.right = column.justify == "right"
        self.header = Text.from_markup(str(column.header)).plain
        self.cells = [Text.from_markup(str(cell)).plain for cell in column.cells]
        self.most = max(1, _longest([self.header, *self.cells]))
        words = [word for cell in self.cells for word in cell.split(" ")]
        text = max(min(LONGEST_WORD, _longest(words)), min(LONGEST_WORD, -(-self.most // 2)))
        whole = self.right or column.no_wrap
        self.least = max(1, _longest(self.header.split(" ")), _longest(self.cells) if whole else text)

    def lines(self, text: str, width: int) -> Text:
        """A header or cell on as many lines as it needs."""
        broken = wrap(text, width, break_on_hyphens=False) or [""]
        return Text("\n".join(broken).replace(TOGETHER, " "))


def _longest(words: Sequence[str]) -> int:
    return max(map(len, words), default=0)


def _parts(columns: Sequence[_Column], width: int, keys: int) -> Iterator[list[_Column]]:
    """The columns of every table: the keys, and as many others as there is room for."""
    names, part = columns[:keys], list(columns[:keys])
    for column in columns[keys:]:
        if len(part) > len(names) and sum(each.least + GAP for each in [*part, column]) - GAP > width:
            yield part
            part = list(names)
        part.append(column)
    yield part


def _widths(columns: Sequence[_Column], width: int) -> list[int]:
    """Of every column; where room is short, the widest of those that can wrap give way."""
    widths = [column.most for column in columns]
    while sum(widths) + GAP * (len(widths) - 1) > width:
        can_wrap = [number for number, column in enumerate(columns) if widths[number] > column.least]
        if not can_wrap:
            break
        widths[max(can_wrap, key=lambda number: widths[number])] -= 1
    return widths


def _drawn(table: Table, columns: Sequence[_Column], widths: Sequence[int]) -> list[RenderableType]:
    """A table with its headings; only the first piece has the header."""
    headings = table.headings if isinstance(table, HeadedTable) else {}
    drawn: list[RenderableType] = []
    piece = _piece(columns, widths, header=True)
    for row in range(table.row_count):
        if row in headings:
            drawn += [piece] if piece.row_count or not drawn else []
            drawn.append(Text(headings[row], "bold"))
            piece = _piece(columns, widths, header=False)
        cells = (column.lines(column.cells[row], width) for column, width in zip(columns, widths, strict=True))
        piece.add_row(*cells, end_section=table.rows[row].end_section)
    return [*drawn, piece, ""]


def _piece(columns: Sequence[_Column], widths: Sequence[int], *, header: bool) -> Table:
    piece = Table(box=SIMPLE_HEAD, show_edge=False, show_header=header, padding=(0, GAP - 1, 0, 0), pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        piece.add_column(
            column.lines(column.header, width),
            justify="right" if column.right else "left",
            width=width,
            no_wrap=True,
            overflow="fold",
        )
    return piece
