"""What a sweep says about its pictures is checked before any work."""

import pytest

from sparsesim.errors import InputError
from sparsesim.studies import Sweep, load_sweep, resolved
from sparsesim.studies.sweeps.pictures import Picture

GRID = {
    "name": "pictures",
    "networks": {"name": "digits-cnn", "layers": "fc*"},
    "pruners": {"name": "magnitude", "sparsity": [0.5, 0.9]},
    "formats": ["dense", "csr"],
    "machines": {"name": "a100-pcie", "set": {"dram.bandwidth_bytes_per_s": ["1 TB/s", "2 TB/s"], "clock_hz": "1 GHz"}},
    "batch": [1, 4],
}


def asked(*pictures):
    return resolved(Sweep.model_validate(GRID | {"pictures": list(pictures)})).pictures


def test_a_grid_hands_on_what_is_to_be_drawn():
    curves = {"over": "batch", "of": "energy_total_pj", "series": "format", "panels": ["machine", "sparsity"]}
    (energy, first, second) = asked("energy", {"curves": curves}, {"curves": {"over": "dram.bandwidth_bytes_per_s"}})
    assert energy == ("energy", {})
    assert first == ("curves", curves | {"series": ("format",), "panels": ("machine", "sparsity")})
    assert second == ("curves", {"over": "dram.bandwidth_bytes_per_s", "of": "speedup", "series": (), "panels": ()})
    assert asked({"curves": {"over": "axis_batch"}})[0][1]["over"] == "axis_batch"
    assert asked({"curves": {"over": "sparsity"}})
    assert asked() == ()


@pytest.mark.parametrize(
    ("picture", "fault"),
    [
        ("speed", "pictures.0: unknown picture 'speed': did you mean speedup?"),
        ({"bars": {"over": "batch"}}, "unknown picture 'bars'"),
        ({"curves": {"of": "speedup"}}, "curves: the axis that they go over is needed, such as over: batch"),
        ({"curves": {"over": "batch", "of": "speed"}}, "unknown figure 'speed': did you mean speedup?"),
        ({"curves": {"over": "batch", "colour": "red"}}, "colour: unknown field"),
        ({"curves": {"over": "bach"}}, "pictures.0: over: unknown axis 'bach': did you mean batch?"),
        (
            {"curves": {"over": "batch", "series": "formats"}},
            "pictures.0: series: unknown axis 'formats': did you mean",
        ),
        ({"curves": {"over": "tokens"}}, "pictures.0: over: unknown axis 'tokens'"),
        ({"curves": {"over": "clock_hz"}}, "over: clock_hz: it has one value, and an axis of a picture two at least"),
        ({"curves": {"over": "format"}}, "over: format: an axis of numbers is needed"),
        (7, "7: must be energy, speedup, time-shares, roofline, or"),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_refused(picture, fault):
    with pytest.raises(InputError, match=fault.replace("?", "[?]").replace("{", "[{]")):
        resolved(load_sweep(GRID | {"pictures": [picture]}))


def test_pictures_may_be_made_in_python():
    sweep = Sweep(**GRID, pictures=[Picture(kind="curves", over="batch"), "energy"])
    assert [kind for kind, _ in resolved(sweep).pictures] == ["curves", "energy"]
