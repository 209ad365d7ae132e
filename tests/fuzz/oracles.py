"""What must hold for every case, written without the code that it judges."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np

from sparsesim.errors import FaultsError, SparsesimError
from sparsesim.hardware import Machine
from sparsesim.matmul import MatmulOp
from sparsesim.results import Result
from sparsesim.tensors import Tensor

MAX_INT64 = 2**63 - 1
ROUNDING = 1e-9
LONGEST_LINE = 1000


def expect(held: Any, what: str) -> None:
    """AssertionError with these words unless it holds."""
    if not held:
        raise AssertionError(what)


def one_line(error: SparsesimError, *named: str) -> None:
    """Every fault is a line that a person can read, and names what it is about."""
    for line in error.faults if isinstance(error, FaultsError) else (str(error),):
        expect(line.strip() and "\n" not in line, f"not one line: {line!r}")
        expect(len(line) <= LONGEST_LINE, f"{len(line)} characters: {line[:200]}...")
        for name in named:
            expect(name in line, f"{name} is not named in: {line}")


def figures(result: Result, op: MatmulOp, machine: Machine) -> None:
    """Figures of a result that no machine and no operand can give otherwise."""
    expect(result.status == "ok", f"status {result.status}")
    _are_numbers(result)
    expect(result.macs == macs(op) * op.repeat, f"macs {result.macs}, there are {macs(op) * op.repeat}")
    for share in ("utilisation", "bandwidth_utilisation", "a_density", "b_density"):
        expect(0 <= getattr(result, share) <= 1 + ROUNDING, f"{share} is {getattr(result, share)}")
    _bounded_below(result, machine)
    _stored(result, op)
    _adds_up(result)


def macs(op: MatmulOp) -> int:
    """Products of two non-zeros, counted from the dense patterns."""
    left, right = pattern(op.a.tensor), pattern(op.b.tensor)
    per_column = left.reshape(op.groups, op.m, op.k).sum(axis=1).reshape(-1)
    return sum(int(a) * int(b) for a, b in zip(per_column, right.sum(axis=1), strict=True))


def pattern(tensor: Tensor) -> np.ndarray:
    """int64 [rows, columns]: 1 where a tensor is not zero; one without values has no zeros."""
    if not has_values(tensor):
        return np.ones(tensor.shape, np.int64)
    return (dense(tensor) != 0).astype(np.int64)


def has_values(tensor: Tensor) -> bool:
    """Whether a tensor is more than its sizes."""
    return hasattr(tensor, "indices") or tensor.values is not None


def dense(tensor: Tensor) -> np.ndarray:
    """float64 [rows, columns], filled in from the positions one by one."""
    if not hasattr(tensor, "indices"):
        return np.asarray(tensor.to_array(), np.float64)
    matrix, values = tensor.to_sparse(), tensor.to_sparse().value_array()
    found = np.zeros(matrix.shape)
    for row in range(matrix.shape[0]):
        for place in range(int(matrix.indptr[row]), int(matrix.indptr[row + 1])):
            found[row, matrix.indices[place]] += values[place]
    return found


def product(found: Any, op: MatmulOp) -> None:
    """What a unit computed is A x B by NumPy in float64, group by group."""
    got = found.to_array() if hasattr(found, "indptr") else np.asarray(found)
    left, right = dense(op.a.tensor), dense(op.b.tensor)
    groups = zip(np.split(left, op.groups), np.split(right, op.groups), strict=True)
    wanted = np.concatenate([a @ b for a, b in groups])
    bound = np.concatenate(
        [abs(a) @ abs(b) for a, b in zip(np.split(left, op.groups), np.split(right, op.groups), strict=True)]
    )
    expect(got.shape == wanted.shape, f"the product is {got.shape}, not {wanted.shape}")
    far = abs(got - wanted) > ROUNDING * bound
    expect(not far.any(), f"{far.sum()} entries differ, such as {got[far][:1]} for {wanted[far][:1]}")


def same(first: Result, second: Result) -> None:
    """Two results of the same question are equal but for the time that they took to compute."""
    one, other = (replace(each, simulation_seconds=0.0) for each in (first, second))
    expect(one == other, "the second answer differs from the first")


def json_line(text: str) -> Any:
    """What a line of JSON holds; NaN and infinity are no JSON."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} in JSON")

    return json.loads(text, parse_constant=refuse)


def plausible(record: Any, place: str = "") -> None:
    """Numbers anywhere in a record that commands print are finite, and those that count or measure not negative."""
    if isinstance(record, dict):
        for key, value in record.items():
            plausible(value, f"{place}.{key}")
    elif isinstance(record, list):
        for value in record:
            plausible(value, place)
    elif isinstance(record, int | float) and not isinstance(record, bool):
        expect(math.isfinite(record), f"{place} is {record}")
        if any(unit in place for unit in ("seconds", "bytes", "_pj", "cycles", "macs", "counts", "nnz", "density")):
            expect(record >= 0, f"{place} is {record}")
        if place.endswith("utilisation"):
            expect(record <= 1 + ROUNDING, f"{place} is {record}")


def _are_numbers(result: Result) -> None:
    for name, value in result.flat().items():
        if isinstance(value, bool | str) or value is None:
            continue
        for number in value if isinstance(value, list) else [value]:
            expect(isinstance(number, int | float), f"{name} is {type(number).__name__}")
            expect(math.isfinite(number), f"{name} is {number}")
            expect(number >= 0, f"{name} is {number}")
            expect(isinstance(number, float) or number <= MAX_INT64, f"{name} is beyond 64 bits")


def _bounded_below(result: Result, machine: Machine) -> None:
    """Time is at least that of the useful work at the peak, of the bytes at full bandwidth, and of the cycles."""
    longest = result.seconds * (1 + ROUNDING)
    expect(result.macs <= result.peak_macs_per_s * longest, f"{result.macs} MACs in {result.seconds} s")
    moved = sum(result.dram_bytes.values())
    expect(moved <= machine.dram.bandwidth_bytes_per_s * longest, f"{moved} bytes in {result.seconds} s")
    expect(result.cycles <= machine.clock_hz * longest, f"{result.cycles} cycles in {result.seconds} s")


def _stored(result: Result, op: MatmulOp) -> None:
    """Stored values take their bits, and A is read at least once where there is something to multiply."""
    nnz, bits = op.a.tensor.nnz, op.a.dtype.bits
    if "codebook" not in result.format:
        expect(result.a_bytes * 8 >= nnz * bits, f"{nnz} values of {bits} bits in {result.a_bytes} bytes")
    if result.macs and op.n:
        read = result.dram_bytes.get("A", 0)
        expect(8 * read >= nnz * bits * op.repeat or "codebook" in result.format, f"A: {read} bytes for {nnz} values")
    if result.macs and not hasattr(op.b.tensor, "indices"):
        expect(result.dram_bytes["A"] >= result.a_bytes, f"A: {result.dram_bytes['A']} of {result.a_bytes} bytes")


def _adds_up(result: Result) -> None:
    """Shares of time and energy add up to the whole."""
    spent = sum(result.time_s.values())
    expect(math.isclose(spent, result.seconds, rel_tol=1e-9, abs_tol=1e-18), f"{spent} s of {result.seconds} s")
    parts = dict(result.energy_pj)
    total, dynamic, static = (parts.pop(name, 0.0) for name in ("total", "dynamic", "static"))
    expect(math.isclose(sum(parts.values()), dynamic, rel_tol=1e-9, abs_tol=1e-9), f"dynamic energy {dynamic}: {parts}")
    expect(math.isclose(dynamic + static, total, rel_tol=1e-9, abs_tol=1e-9), f"{dynamic} + {static} is not {total} pJ")
