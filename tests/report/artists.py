"""What a figure shows, read back from the artists that were drawn."""

import math

from matplotlib.colors import to_hex


def title_of(axes):
    return axes.get_title().replace("\n", " ")


def panel(figure, *words):
    """The one panel whose title has all the words."""
    found = [axes for axes in figure.axes if all(word in axes.get_title() for word in words)]
    assert len(found) == 1
    return found[0]


def heading_of(axes):
    """The bold line of the page that stands nearest above a panel: the network."""
    top = axes.get_position().y1
    bold = [text for text in axes.figure.texts if text.get_fontweight() == "bold" and text.get_position()[1] >= top]
    return min(bold, key=lambda text: text.get_position()[1]).get_text()


def panel_under(figure, heading, title):
    """The one panel with this title under this heading."""
    (found,) = [axes for axes in figure.axes if axes.get_title() == title and heading_of(axes) == heading]
    return found


def words_in(axes):
    """Every word that stands in a panel, with the place that it belongs to."""
    return [(text.get_text(), getattr(text, "xy", text.get_position())) for text in axes.texts]


def tick_words(axis):
    return [label.get_text() for label in axis.get_majorticklabels()]


def points_of(axes, colour=None, marker=None):
    """(x, y) of every mark, perhaps of one colour and shape only."""
    return [
        (float(x), float(y))
        for line in axes.lines
        if line.get_marker() not in ("None", "", None)
        and (colour is None or to_hex(line.get_color()) == colour.lower())
        and (marker is None or line.get_marker() == marker)
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
        if not math.isnan(x)
    ]


def line_of(axes, label):
    """(x, y) of the one line with a label."""
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return [float(x) for x in line.get_xdata()], [float(y) for y in line.get_ydata()]


def legend_words(figure):
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    return [text.get_text() for legend in legends for text in legend.get_texts()]
