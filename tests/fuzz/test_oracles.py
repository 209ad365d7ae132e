"""Every oracle notices the fault that it is there for, on cases as they are drawn."""

import dataclasses
import json
import time
from io import BytesIO

import numpy as np
import pytest
from hypothesis import strategies as st

import sparsesim.simulation as simulation
from sparsesim import matmul
from sparsesim.accelerators.processor import Processor
from sparsesim.accelerators.vector_spmm import kernels as vectors
from sparsesim.engines import run as engines
from sparsesim.errors import FaultsError, InputError
from sparsesim.formats import Csr, Ell
from sparsesim.hardware import load_machine
from sparsesim.results import Result
from sparsesim.tensors import SparseMatrix, files
from tests.fuzz import (
    hunting,
    judges,
    oracles,
    test_command_lines,
    test_engines,
    test_files,
    test_formats,
    test_operations,
)
from tests.fuzz.file import File
from tests.fuzz.hunting import Tally, hunt, watched
from tests.fuzz.memory import peak_growth
from tests.fuzz.strategies.arrays_given import given_matrices
from tests.fuzz.strategies.command_lines import CommandLine
from tests.fuzz.strategies.products import products
from tests.fuzz.strategies.schedules import timed_schedules

pytestmark = pytest.mark.fuzz

CASES = 400
CPU = "core-i7-5930k/processor"


def found(cases, check, words=""):
    """The hunt ends with an AssertionError that holds these words."""
    with pytest.raises(AssertionError, match=words):
        hunt(cases, check, CASES, Tally("test"), shrink=False)


def on_results(monkeypatch, change):
    """Every result of the simulator is changed."""
    result = simulation.Simulator.result

    def changed(self, op, labels=None):
        honest = result(self, op, labels)
        return dataclasses.replace(honest, **change(honest)) if honest.macs else honest

    monkeypatch.setattr(simulation.Simulator, "result", changed)


RESULTS = {
    "a factor on time": (lambda r: {"seconds": r.seconds * 1.001}, "s of"),
    "a sign": (lambda r: {"cycles": -r.cycles}, "cycles is -"),
    "a MAC too few": (lambda r: {"macs": r.macs - 1}, "macs"),
    "NaN": (lambda r: {"power_w": float("nan")}, "power_w is nan"),
    "utilisation above one": (lambda r: {"utilisation": 1.001}, "utilisation is"),
    "bandwidth above one": (lambda r: {"bandwidth_utilisation": 1.001}, "bandwidth_utilisation is"),
    "too little time": (
        lambda r: {"seconds": r.seconds * 1e-6, "time_s": {k: v * 1e-6 for k, v in r.time_s.items()}},
        "(MACs|bytes|cycles) in",
    ),
    "part of A": (lambda r: {"dram_bytes": {**r.dram_bytes, "A": r.dram_bytes["A"] // 4}}, "A: "),
    "fewer bytes than values": (lambda r: {"a_bytes": 0}, "values of"),
    "energy that does not add up": (
        lambda r: {"energy_pj": {**r.energy_pj, "total": r.energy_pj["total"] * 2}},
        "is not",
    ),
    "beyond 64 bits": (lambda r: {"counts": {"x": 2**63}}, "beyond 64 bits"),
    "NumPy's integers": (lambda r: {"counts": {"x": np.int64(3)}}, "is int64"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_figures_that_cannot_be(monkeypatch, name):
    change, words = RESULTS[name]
    on_results(monkeypatch, change)
    found(products(CPU), test_operations.check_product, words)


def test_answers_that_differ(monkeypatch):
    asked = iter(range(10**9))
    on_results(monkeypatch, lambda r: {"counts": {**r.counts, "x": next(asked)}})
    found(products(CPU), test_operations.check_product, "differs")


PRODUCTS = {
    "a factor": lambda array: array * (1 + 1e-6),
    "a sign": lambda array: -array,
    "a row too low": lambda array: np.roll(array, 1, axis=0),
    "an entry dropped": lambda array: np.where(np.arange(array.size).reshape(array.shape) == array.size - 1, 0, array),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_that_are_wrong(monkeypatch, name):
    execute = Processor.execute

    def changed(self, op):
        honest = execute(self, op)
        return PRODUCTS[name](honest.to_array() if isinstance(honest, SparseMatrix) else honest)

    monkeypatch.setattr(Processor, "execute", changed)
    found(products(CPU), test_operations.check_product, "entries differ")


def test_refusals_of_many_lines(monkeypatch):
    def refuse(self, op, labels=None):
        raise InputError("two\nlines")

    monkeypatch.setattr(simulation.Simulator, "result", refuse)
    found(products(CPU), test_operations.check_product, "not one line")


def test_counting_products_with_a_shifted_index(monkeypatch):
    honest = matmul.effectual_macs
    monkeypatch.setattr(matmul, "effectual_macs", lambda a, b, groups=1: honest(a, b, groups) + (a.shape[0] > 1))
    found(products(CPU), test_operations.check_product, "macs")


def test_a_dropped_non_zero_in_a_format(monkeypatch):
    decode = Csr.decode

    def dropped(self, encoded):
        matrix = decode(self, encoded)
        array = matrix.to_array().copy()
        array[-1:, -1:] = 0
        return SparseMatrix.from_dense(array)

    monkeypatch.setattr(Csr, "decode", dropped)
    found(test_formats.stored("csr"), test_formats.check_stored, "decoded values differ")


def test_a_size_that_is_not_what_is_written(monkeypatch):
    size = Ell.size
    monkeypatch.setattr(
        Ell,
        "size",
        lambda self, tensor, dtype: dataclasses.replace(
            size(self, tensor, dtype), metadata_bits=size(self, tensor, dtype).metadata_bits + 1
        ),
    )
    found(test_formats.stored("ell"), test_formats.check_stored, "bits announced")


def test_values_that_lose_digits(monkeypatch):
    honest = SparseMatrix.from_dense.__func__
    monkeypatch.setattr(
        SparseMatrix,
        "from_dense",
        classmethod(lambda cls, array, threads=1: honest(cls, np.asarray(array, np.float32))),
    )
    found(given_matrices().filter(lambda case: case.way == "dense"), test_formats.check_given, "values differ")


def test_an_engine_that_is_a_cycle_off(monkeypatch):
    honest = test_engines.fast_cycles
    monkeypatch.setattr(test_engines, "fast_cycles", lambda timed: honest(timed) + 1)
    found(timed_schedules(), test_engines.check_schedule, "event")


def test_engines_that_differ_on_machines(monkeypatch):
    fast = engines.ENGINES["fast"]
    monkeypatch.setitem(engines.ENGINES, "fast", lambda phase: fast(phase)._replace(compute=fast(phase).compute + 1))
    found(products(CPU), test_engines.check_engines, "cycles")


def test_a_kernel_that_is_not_its_definition(monkeypatch):
    honest = vectors.vector_columns

    def shifted(indptr, indices, columns, height, width):
        pointers, found = honest(indptr, indices, columns, height, width)
        return pointers, (found + 1) % max(columns, 1)

    monkeypatch.setattr(vectors, "vector_columns", shifted)
    found(st.tuples(st.just("vectorising"), st.data()), test_engines.check_unit, "the definition has")


def test_a_refusal_that_is_swallowed(monkeypatch, tmp_path):
    """A reader that takes what a file promises for granted is found by what others read from the same bytes."""
    kind = test_files.KINDS["smtx"]
    monkeypatch.setitem(files.READERS, ".smtx", lambda data, name: SparseMatrix.from_dense(np.eye(3)))
    found(kind.files(), lambda file: test_files.check_file(kind, tmp_path, file), "elsewhere")


def test_a_refusal_without_the_name_of_the_file(tmp_path):
    kind = test_files.KINDS["npy"]._replace(read=lambda path: files.READERS[".npy"](BytesIO(path.read_bytes()), "x"))
    found(kind.files(), lambda file: test_files.check_file(kind, tmp_path, file), "is not named in")


def test_keys_that_stand_twice_are_seen():
    with pytest.raises(AssertionError, match="twice"):
        judges.no_key_twice(File("x.yaml", b"a: 1\nb: {c: 1, c: 2}\n"))


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"seconds": -1.0}, "seconds is -1"),
        ({"points": [{"dram_bytes": {"A": -1}}]}, "bytes.A is -1"),
        ({"utilisation": 1.5}, "utilisation is 1.5"),
        ({"x": float("inf")}, "x is inf"),
    ],
)
def test_records_that_cannot_be(record, words):
    with pytest.raises(AssertionError, match=words):
        oracles.plausible(record)


def test_json_without_nan():
    with pytest.raises(AssertionError, match="NaN in JSON"):
        oracles.json_line(json.dumps({"x": float("nan")}))


@pytest.mark.parametrize("error", [InputError(""), InputError("x" * 2000), FaultsError(["fine", "not\nfine"])])
def test_lines_that_nobody_can_read(error):
    with pytest.raises(AssertionError):
        oracles.one_line(error)


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (3, "error: x\n", "exit code 3"),
        (2, "", "no word"),
        (2, "Usage: sparsesim\nTry --help\n", "not lines of errors"),
        (1, "Traceback (most recent call last):\n", "a traceback"),
    ],
)
def test_command_lines_that_end_badly(monkeypatch, tmp_path, code, error, words):
    ending = test_command_lines.ended([]).__class__(code, "", error)
    monkeypatch.setattr(test_command_lines, "ended", lambda given: ending)
    places = test_command_lines.made(tmp_path)
    with pytest.raises(AssertionError, match=words):
        test_command_lines.check_command_line(CommandLine(("list", "formats"), b""), places)


def test_a_command_that_prints_what_cannot_be(monkeypatch, tmp_path):
    ending = test_command_lines.ended([]).__class__(0, '{"seconds": -1}\n', "")
    monkeypatch.setattr(test_command_lines, "ended", lambda given: ending)
    places = test_command_lines.made(tmp_path)
    with pytest.raises(AssertionError, match="seconds is -1"):
        test_command_lines.check_command_line(CommandLine(("list", "formats", "--json"), b""), places)


def test_cases_that_do_not_end(monkeypatch):
    monkeypatch.setattr(hunting, "WALL_SECONDS", 0.2)

    def forever(case):
        while True:
            pass

    with pytest.raises(hunting.OverdueError):
        watched(None, forever, Tally("test"))


def test_slow_cases_get_a_second_chance_and_no_third(monkeypatch):
    monkeypatch.setattr(hunting, "CASE_SECONDS", 0.2)
    calls, tally = [], Tally("test")

    def slow_once(case):
        calls.append(case)
        return _busy(0.3 if len(calls) == 1 else 0)

    watched(None, slow_once, tally)
    assert (tally.cases, tally.simulated, len(calls)) == (1, 1, 2)
    with pytest.raises(hunting.OverdueError, match=r"0\.[3-9] s"):
        watched(None, lambda case: _busy(0.3), Tally("test"))


def _busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return "simulated"


def test_cases_that_take_too_much_memory():
    def hungry(case):
        np.ones(hunting.ALLOWED_BYTES // 8 + 10**6).sum()
        return "simulated"

    with pytest.raises(hunting.OverspentError):
        watched(None, hungry, Tally("test"))


def test_memory_is_measured_at_its_peak_and_given_back_between_blocks():
    with peak_growth() as first:
        np.ones(10**7).sum()
    with peak_growth() as second:
        pass
    assert 7 * 10**7 < first.bytes < 2 * 10**8
    assert second.bytes < 10**7


def test_equal_seeds_draw_equal_cases():
    def drawn(seeded):
        cases = []
        hunt(st.integers(), lambda case: cases.append(case) or "simulated", 30, Tally("test"), seeded)
        return cases

    assert drawn("a") == drawn("a") != drawn("b")


def test_machines_that_are_drawn_are_mostly_valid():
    tally = Tally("test")
    hunt(products(CPU), test_operations.check_product, 100, tally)
    assert tally.cases >= 100
    assert tally.simulated > tally.cases / 4
    assert load_machine("core-i7-5930k").unit.kind == "processor"


def test_results_have_the_fields_that_are_judged():
    names = {field.name for field in dataclasses.fields(Result)}
    assert {"utilisation", "bandwidth_utilisation", "time_s", "energy_pj", "dram_bytes", "a_bytes"} <= names
