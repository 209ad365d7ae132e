"""Pictures are drawn from saved tables; what they show is checked on the axes, not by eye."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from sparsesim.report import axis_units as units
from sparsesim.report import energy, roofline, speedup, table
from sparsesim.results import compare_to_baseline, read_results, result_table, totals, write_table
from sparsesim.studies.networks import simulate_network


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    """A saved and re-read table: plots may use nothing that a file does not hold."""
    from sparsesim.hardware import load_energy_table, load_machine
    from sparsesim.networks import load_network
    from sparsesim.pruning import pruner_by_name

    machines = [load_machine(name) for name in ("a100-pcie", "a100-pcie-2to4", "core-i7-5930k")]
    prices = load_energy_table("horowitz-45nm")
    results = [
        result
        for pruner in (pruner_by_name("none"), pruner_by_name("2:4"))
        for result in simulate_network(load_network("digits-cnn"), pruner, ["dense", "nm-2:4"], machines, prices)
    ]
    path = tmp_path_factory.mktemp("report") / "layers.csv"
    write_table(result_table(results), path)
    return read_results(path)


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were saved, so that their axes can be read."""
    figures = []
    original = Figure.savefig

    def keep(self, *args, **kwargs):
        figures.append(self)
        original(self, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def is_png(path):
    return path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_energy_bars_stack_to_the_total(layers, drawn, tmp_path):
    total = totals(layers)
    assert is_png(energy.plot_energy(total, tmp_path / "energy.png"))
    axes = drawn[0].axes[0]
    tops = [container.patches[0].get_y() + container.patches[0].get_height() for container in axes.containers]
    machine, form = axes.get_xticklabels()[0].get_text().split("\n")
    row = total[(total.machine == machine) & (total.pruner == "none") & (total.format == form)].iloc[0]
    assert max(tops) == pytest.approx(row.energy_total_pj / 1e6, rel=1e-6)
    assert "[µJ]" in axes.get_ylabel()


def test_speedup_panels_are_labelled_and_mark_refusals(layers, drawn, tmp_path):
    compared = compare_to_baseline(totals(layers), {"machine": "a100-pcie", "pruner": "none", "format": "dense"})
    assert is_png(speedup.plot_speedup(compared, tmp_path / "speedup.png", "a100-pcie dense"))
    titles = [axes.get_title() for axes in drawn[0].axes]
    assert titles == ["digits-cnn\nnone, sparsity 0%", "digits-cnn\nnm-2:4, sparsity 50%"]
    assert any(len(line.get_xdata()) for line in drawn[0].axes[0].lines if line.get_marker() == "x")


def test_no_point_lies_above_its_roof(layers, drawn, tmp_path):
    assert is_png(roofline.plot_roofline(layers, tmp_path / "roofline.png"))
    done = layers[(layers.status == "ok") & (layers.macs > 0)]
    moved = done[[c for c in done.columns if c.startswith("dram_") and c.endswith("_bytes")]].sum(axis=1)
    roof = pd.concat([done.peak_macs_per_s, done.peak_bytes_per_s * done.macs / moved], axis=1).min(axis=1)
    assert (done.macs / done.seconds <= roof * (1 + 1e-9)).all()
    assert drawn[0].axes[0].get_xscale() == "log"


def test_the_table_tells_the_fastest_format_and_what_was_refused(layers):
    compared = compare_to_baseline(totals(layers), {"machine": "a100-pcie", "pruner": "none", "format": "dense"})
    shown = table.best_table(compared)
    assert shown.row_count == 6
    columns = {column.header: list(column.cells) for column in shown.columns}
    assert columns["refused"][1] == "1 of 2"
    compressed = table.best_table(compared[compared.format == "nm-2:4"])
    assert "all 1" in next(list(column.cells) for column in compressed.columns if column.header == "refused")
    assert columns["speedup"][0] == "1.00x"
    lines = table.refusals(totals(layers))
    assert lines
    assert all("points refused: " in line and "not 2:4: row" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (units.seconds(1.234e-5), "12.3 µs"),
        (units.seconds(0), "0 s"),
        (units.joules(4.56e9), "4.56 mJ"),
        (units.size(1_234_567), "1.23 MB"),
        (units.size(12), "12 B"),
    ],
)
def test_numbers_for_people(text, expected):
    assert text == expected
