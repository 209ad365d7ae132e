"""Curves of pruning; what they show is checked on the axes."""

import pytest
from matplotlib.figure import Figure

from sparsesim.report.ladder import plot_ladder
from sparsesim.report.sensitivity import plot_sensitivity


@pytest.fixture
def drawn(monkeypatch):
    figures = []
    original = Figure.savefig

    def keep(self, *args, **kwargs):
        figures.append(self)
        original(self, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def test_curves_and_rings_are_in_per_cent(drawn, tmp_path):
    accuracies = {"a": (0.9, 0.8), "b": (0.9, 0.5)}
    rows = [
        {"layer": layer, "ratio": ratio, "accuracy": accuracy}
        for layer, found in accuracies.items()
        for ratio, accuracy in zip((0.0, 0.5), found, strict=True)
    ]
    path = plot_sensitivity(rows, tmp_path / "s.png", 0.9, 0.1, {"a": 0.5, "b": 0.25})
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    axes = drawn[0].axes[0]
    curves = {line.get_label(): list(line.get_ydata()) for line in axes.lines if len(line.get_xdata()) == 2}
    assert curves["a"] == pytest.approx([90, 80])
    assert curves["b"] == pytest.approx([90, 50])
    rings = [line for line in axes.lines if line.get_fillstyle() == "none"]
    assert [(list(r.get_xdata()), list(r.get_ydata())) for r in rings] == [([50], [pytest.approx(80)])]
    plot_sensitivity(rows, tmp_path / "plain.png", 0.9)
    assert len(drawn[1].axes[0].lines) == 3


def test_the_ladder_has_one_curve_per_method(drawn, tmp_path):
    rows = [
        {"method": method, "reduction": reduction, "accuracy": 0.8, "lowest": 0.7, "highest": 0.85}
        for method in ("one", "two")
        for reduction in (2, 10)
    ]
    plot_ladder(rows, tmp_path / "ladder.png", 0.9, 0.01)
    axes = drawn[0].axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["2x", "10x"]
    assert [line.get_ydata()[0] for line in axes.lines[-2:]] == pytest.approx([90, 89])
