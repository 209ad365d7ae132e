"""Shipped machine files with one number replaced: each is refused in words, or gives a result that can be."""

import contextlib
import copy
import math
import time
import warnings

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparsesim.errors import SparsesimError
from sparsesim.hardware import load_machine
from sparsesim.matmul import matmul_op
from sparsesim.shipped import shipped_file
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, uniform
from tests.machines import held

# Every kind of unit, and every way to describe one.
MACHINES = ["titan-x", "sparch", "sparseloop-stc", "a100-pcie", "rtx-3090"]

NEVER = [-1, True, math.nan, math.inf, -math.inf, 2**63, 10**30, "1e400", "1e400 GHz", "", "many", [], {"a": 1}, 10**18]
"""What no number of a machine is."""
PERHAPS = [None, 0, 1e-300, 1e-9, 1e-6, 0.5, 1, 7, 2**18, 2**20, 2**40, 1e9, 10**12, 10**16]
"""What some are."""


def content_of(name):
    return yaml.safe_load(shipped_file("machine", name, "models/hardware", ".yaml").read_text(encoding="utf-8"))


def numbers(value, path=()):
    """Paths to all numbers and quantities of a description."""
    if isinstance(value, dict):
        return [found for key, child in value.items() if key != "sources" for found in numbers(child, (*path, key))]
    if isinstance(value, list):
        return [found for index, child in enumerate(value) for found in numbers(child, (*path, index))]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return [path] if is_number or (isinstance(value, str) and value[:1].isdigit()) else []


CONTENTS = {name: content_of(name) for name in MACHINES}
PLACES = [(name, path) for name in MACHINES for path in numbers(CONTENTS[name])]


def changed(name, path, value):
    """The description with another value in one place."""
    content = copy.deepcopy(CONTENTS[name])
    part = content
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return content


def written(folder, content):
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def field_of(path):
    """The field, or the entry of a mapping, that a path ends in."""
    return str(next(step for step in reversed(path) if isinstance(step, str)))


def assert_possible(result):
    """Nothing negative, infinite or above its peak."""
    figures = [result.seconds, result.cycles, result.power_w, *result.time_s.values(), *result.energy_pj.values()]
    figures += [*result.counts.values(), *result.dram_bytes.values()]
    assert all(math.isfinite(figure) and figure >= 0 for figure in figures), figures
    assert 0 <= result.utilisation <= 1
    assert 0 <= result.bandwidth_utilisation <= 1 + 1e-9
    assert result.seconds > 0


def assert_runs_or_refuses(machine):
    """A small product on every kernel, in the format that it is made for."""
    calls = {(kernel.unit.natural_format(0.3, kernel.unit.default_dtype), kernel.unit.default_dtype): kernel.unit.kind
             for kernel in machine.library.values()}  # fmt: skip
    for (form, dtype), kind in calls.items():
        columns = 1 if kind == "gather_spmv" else 20
        op = matmul_op(held(uniform(32, 48, 0.3, seed=1), form), DenseMatrix((48, columns)), form, dtype)
        with contextlib.suppress(SparsesimError):
            assert_possible(simulate(op, machine))


@pytest.mark.filterwarnings("error")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=st.sampled_from([*NEVER, *PERHAPS]))
def test_a_machine_with_one_number_replaced_is_refused_or_possible(tmp_path, place, value):
    name, path = place
    file = written(tmp_path, changed(name, path, value))
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            machine = load_machine(file)
        except SparsesimError as error:
            lines = str(error).splitlines()
            assert all(line.startswith(f"{file}: line ") for line in lines)
            # null takes an entry out, which its mapping may need
            assert field_of(path) in lines[0] or (value is None and field_of(path[:-1]) in lines[0])
        else:
            assert not any(value is each for each in NEVER)
            assert_runs_or_refuses(machine)
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("value", NEVER, ids=repr)
def test_no_number_of_a_machine_takes_what_is_none(tmp_path, value):
    for path in numbers(CONTENTS["titan-x"]):
        file = written(tmp_path, changed("titan-x", path, value))
        with pytest.raises(SparsesimError) as caught:
            load_machine(file)
        line = str(caught.value)
        assert line.startswith(f"{file}: line ")
        assert "\n" not in line
        assert ".".join(map(str, path)) in line
        if value not in ([], {"a": 1}):
            shown = {"True": "truth value", "nan": "finite", "1e400": "1e400"}
            assert shown.get(str(value), str(value)) in line or "finite" in line or "whole number" in line


def test_a_fault_in_what_a_machine_is_based_on_is_named_there(tmp_path):
    base = changed("titan-x", ("dram", "channels"), 0)
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(base, sort_keys=False), encoding="utf-8")
    mine = {"name": "mine", "description": "x", "based_on": "base.yaml", "dram": {"latency_ns": 5}}
    file = written(tmp_path, {**mine, "sources": {"dram.latency_ns": "assumed"}})
    with pytest.raises(SparsesimError) as caught:
        load_machine(file)
    line = next(n for n, text in enumerate((tmp_path / "base.yaml").read_text().splitlines(), 1) if "channels" in text)
    assert str(caught.value) == (
        f"{file}: {tmp_path / 'base.yaml'}: line {line}: dram.channels: 0: must be greater than or equal to 1"
    )


@pytest.mark.parametrize(
    ("name", "part", "changes", "words"),
    [
        (
            "sparch",
            "accelerator",
            {"multiplier_groups": 7},
            "macs_per_cycle.fp64: 16: must be a multiple of multiplier",
        ),
        ("a100-pcie", "kernels.spmm.macs_per_cycle", {"fp16": 7}, "macs_per_cycle.fp16: 7: must be at least cuda_macs"),
        ("a100-pcie", "kernels.spmm", {"sms": 2**20}, "sms x schedulers x resident_warps: 1048576 x 4 x "),
        ("sparseloop-stc", "kernels.gemm-2:4", {"of": 2**20}, "keep 2 of 1048576: unknown format"),
        (
            "sparseloop-stc",
            "kernels.gemm.macs_per_cycle",
            {"int8": 7},
            "macs_per_cycle.int8: 7: must be subcores x",
        ),
        (
            "titan-x",
            "dram",
            {"efficiency": 1e-9, "bandwidth_bytes_per_s": 1000},
            "dram.bandwidth_bytes_per_s: 1000: less than a byte at efficiency 1e-09",
        ),
        ("titan-x", "power", {"cap_w": 15}, "idle_w 15.0 leaves nothing below cap_w 15.0"),
    ],
)
def test_numbers_that_contradict_each_other(tmp_path, name, part, changes, words):
    content = copy.deepcopy(CONTENTS[name])
    below = content
    for step in part.split("."):
        below = below[step]
    below |= changes
    content["sources"] |= {part.partition(".")[0]: "assumed"}
    file = written(tmp_path, content)
    with pytest.raises(SparsesimError) as caught:
        load_machine(file)
    assert str(caught.value).startswith(f"{file}: line ")
    assert words in str(caught.value)


@pytest.mark.parametrize("field", ["macs", "bandwidth"])
def test_cycles_that_cannot_be_counted_are_refused_with_the_rate(field):
    machine = copy.deepcopy(CONTENTS["titan-x"])
    if field == "macs":
        machine["accelerator"] |= {"macs_per_cycle": {"fp32": 1}, "efficiency": {"gemm": 1e-9}}
        size, words = 1 << 14, "gemm at 1e-09 MACs per cycle"
    else:
        machine |= {"clock_hz": 10**12}
        machine["dram"] |= {"bandwidth_bytes_per_s": 1}
        size, words = 1 << 12, "titan-x: 1e-12 bytes per cycle from DRAM"
    a = DenseMatrix((size, size))
    with pytest.raises(SparsesimError, match=r"cycles are more than the 1\.15e\+18 that can be counted") as caught:
        simulate(matmul_op(a, a, "dense", "fp32"), machine)
    assert words in str(caught.value)
