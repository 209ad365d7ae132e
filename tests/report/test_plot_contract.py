"""What holds for every picture; a new one is registered, gets a sample, and is checked here."""

import copy
import re
import subprocess
import sys

import matplotlib
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from sparsesim.errors import InputError
from sparsesim.report import PLOTS
from tests.report.artists import legend_words, points_of, tick_words
from tests.report.samples import SAMPLES, compared, layers, points, sample_of

NEUTRAL = {"#333333", "#777777", "#555555"}
"""Colours of lines and marks that the axes, titles or legends explain in words."""

TELLS_A_UNIT = re.compile(r"\[.+\]|%|/|\bper\b|, 1 = ")
PLAIN_NUMBERS = {"tokens", "multiplies of A x A", "row", "column"}
every_plot = pytest.mark.parametrize("name", PLOTS)


@pytest.fixture(autouse=True)
def settings_as_they_were():
    """A picture that changes settings is found out every time, not only when it is the first."""
    with matplotlib.rc_context():
        yield


def shown(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def test_every_picture_is_registered_and_has_a_sample(repository):
    files = (repository / "sparsesim" / "report").rglob("*.py")
    written = {name for file in files for name in re.findall(r"^def draw_(\w+)", file.read_text(), re.MULTILINE)}
    assert {plot.module.rpartition(".")[2] for plot in PLOTS.values()} == written
    assert len(PLOTS) == len(written)
    assert not SAMPLES.keys() - PLOTS.keys()


@every_plot
def test_it_says_what_it_shows_and_needs(name):
    plot = PLOTS[name]
    assert plot.description
    assert plot.table
    assert plot.draw.__doc__
    assert plot.plot.__name__ == plot.draw.__name__.replace("draw_", "plot_")


@every_plot
@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_it_is_saved_where_it_is_asked_for(name, suffix, tmp_path):
    table, options = sample_of(name)
    path = tmp_path / "new" / f"picture{suffix}"
    assert PLOTS[name].plot(table(), path=path, **options) == path
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n" if suffix == ".png" else b"<?xml")
    assert list(path.parent.iterdir()) == [path]


@every_plot
def test_what_is_saved_is_what_is_drawn(name, tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda figure, path, **_: saved.append((figure, path)))
    table, options = sample_of(name)
    path = tmp_path / "new" / "picture.png"
    assert PLOTS[name].plot(table(), path=path, **options) == path
    ((figure, written),) = saved
    assert (written.parent, written.suffix) == (path.parent, path.suffix)  # beside it, as it takes its place then
    assert path.parent.is_dir()
    assert contents(figure) == contents(PLOTS[name].draw(table(), **options))


def contents(figure):
    """Words, and how many marks of each kind there are."""
    words = sorted(text.get_text() for text in figure.findobj(Text))
    return words, [(len(axes.lines), len(axes.patches), len(axes.collections)) for axes in figure.axes]


@every_plot
def test_it_leaves_the_table_as_it_was(name):
    table, options = sample_of(name)
    given = table()
    before = copy.deepcopy(given)
    PLOTS[name].draw(given, **options)
    if isinstance(given, pd.DataFrame):
        pd.testing.assert_frame_equal(given, before)
    elif name != "spy":
        assert given == before
    else:
        assert all((given[layer] == before[layer]).all() for layer in before)


@every_plot
def test_it_leaves_no_figure_open_and_no_setting_changed(name, tmp_path):
    from matplotlib import pyplot

    table, options = sample_of(name)
    settings, open_figures = dict(matplotlib.rcParams), pyplot.get_fignums()
    PLOTS[name].plot(table(), path=tmp_path / "picture.png", **options)
    assert dict(matplotlib.rcParams) == settings
    assert pyplot.get_fignums() == open_figures
    assert PLOTS[name].draw(table(), **options).canvas.manager is None


@every_plot
def test_every_axis_has_a_name_and_a_unit(name, drawn):
    figure = drawn(name)
    named = 0
    for axes in shown(figure):
        if is_margin(axes):
            continue
        across, up = label_of(axes, figure, "x"), label_of(axes, figure, "y")
        for axis, label in ((axes.xaxis, across), (axes.yaxis, up)):
            words = words_along(axis, axes, figure)
            if any(re.search(r"[A-Za-z]{2}", word) for word in words if "$" not in word):
                continue  # names of machines, metrics or matrices
            assert label, f"numbers along {axis.axis_name} without a name"
            in_ticks = all(word.endswith(("%", "x")) or word == "0" for word in words)
            is_size = axis is axes.xaxis and label in titles(figure)  # sizes of the part that the title names
            assert TELLS_A_UNIT.search(label) or label in PLAIN_NUMBERS or in_ticks or is_size, label
            named += 1
    assert named


def words_along(axis, axes, figure):
    """Labels of the ticks, or those of the panel beside it with the same ends: only the first of a line has names."""
    words = [word for word in tick_words(axis) if word]
    if words or axis is axes.xaxis:
        return words
    beside = [
        other
        for other in shown(figure)
        if abs(other.get_position().y0 - axes.get_position().y0) < 1e-6 and other.get_ylim() == axes.get_ylim()
    ]
    return next((found for other in beside if (found := [word for word in tick_words(other.yaxis) if word])), [])


def is_margin(axes):
    """Bars beside a picture, on its scale: they have no ticks along it."""
    return not (axes.get_xticks().size and axes.get_yticks().size)


def label_of(axes, figure, direction):
    """The axes' own label, or the one that they share with others in the same column (x) or row (y)."""
    edge = {"x": "x0", "y": "y0"}[direction]
    aligned = [
        other
        for other in shown(figure)
        if abs(getattr(other.get_position(), edge) - getattr(axes.get_position(), edge)) < 1e-6
    ]
    labels = [getattr(other, f"get_{direction}label")() for other in (axes, *aligned)]
    fallback = [other.get_title() for other in aligned] if direction == "x" else []
    return next((label for label in (*labels, *fallback) if label), "")


def titles(figure):
    return {axes.get_title() for axes in shown(figure)}


@every_plot
def test_every_point_lies_within_its_axes(name, drawn):
    for axes in shown(drawn(name)):
        limits = sorted(axes.get_xlim()), sorted(axes.get_ylim())
        for across, up in points_of(axes):
            for value, (lowest, highest) in zip((across, up), limits, strict=True):
                assert lowest <= value <= highest


@every_plot
def test_every_series_is_in_the_legend(name, drawn):
    if name == "spy":
        return  # one series; bars are those of the rows and columns beside them
    figure = drawn(name)
    legends = [*figure.legends, *(axes.get_legend() for axes in shown(figure) if axes.get_legend())]
    assert legends
    words = legend_words(figure)
    assert len(words) == len(set(words))
    explained = {colour_of(handle) for legend in legends for handle in legend.legend_handles} | NEUTRAL
    for axes in shown(figure):
        assert set(axes.get_legend_handles_labels()[1]) <= set(words)
        series = [line for line in axes.lines if len(line.get_xdata())] + list(axes.patches)
        assert {colour_of(artist) for artist in series if not is_background(artist)} <= explained


def colour_of(artist):
    for name in ("get_facecolor", "get_color"):
        if hasattr(artist, name):
            colour = getattr(artist, name)()
            if len(colour):
                return to_hex(colour[0] if getattr(colour, "ndim", 1) == 2 else colour)
    return colour_of(artist[0] if isinstance(artist, tuple) else artist.get_children()[0])


def is_background(artist):
    """A line that marks a level, or a shaded region."""
    return artist.get_zorder() <= 0


@pytest.mark.parametrize(("name", "table"), [("energy", points), ("roofline", layers), ("time-shares", layers)])
def test_there_is_nothing_to_draw_where_everything_was_refused(name, table):
    with pytest.raises(InputError, match="nothing to draw: every point was refused"):
        PLOTS[name].draw(table().assign(status="refused"))


def test_speedup_shows_that_everything_was_refused():
    refused = compared().assign(status="refused", speedup=float("nan"))
    figure = PLOTS["speedup"].draw(refused, baseline="something")
    assert all(bar.get_width() == 0 for axes in figure.axes for bar in axes.patches)


def test_drawing_is_not_loaded_before_it_is_needed():
    code = "import sys, sparsesim.report; print([m for m in ('matplotlib', 'pandas', 'numpy') if m in sys.modules])"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"
