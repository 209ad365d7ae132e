"""How the tasks of a grid get to the workers: once for all pieces, and large arrays as files that all of them map."""

import io
import pickle
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import cloudpickle
import numpy as np

from sparsesim.identity import array_hash
from sparsesim.limits import memory_budget
from sparsesim.studies.execution.pieces import Piece
from sparsesim.studies.execution.work import Bench, Done, Finish
from sparsesim.studies.task import Task

LEAST_MAPPED_BYTES: Final = 1 << 16
"""Smaller arrays travel with the tasks."""


class Shipment(Protocol):
    """What a piece is sent with, from which a worker gets the bench of its grid."""

    def bench(self) -> Bench:
        """The tasks, with what this process prepared of them before."""


class Here:
    """The tasks of this very process."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._bench = Bench(tasks)

    def bench(self) -> Bench:
        """Made once."""
        return self._bench


class OnDisk:
    """Tasks in a folder of this machine, which belongs to this run alone."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def bench(self) -> Bench:
        """Read at the first piece."""
        return _bench_from(self._folder)


class Packed:
    """Tasks as bytes, for workers on machines that share no disk; read at the first piece of each process."""

    def __init__(self, content: bytes) -> None:
        self.name, self.content = secrets.token_hex(8), content

    def bench(self) -> Bench:
        """Read at the first piece, for as long as no other grid comes."""
        return _bench_of(self)

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Packed) and other.name == self.name


def run_piece(shipment: Shipment, piece: Piece, finish: Finish, failing: bool, budget: int) -> list[Done]:
    """One piece, in a process that does not know what the one that asks allows."""
    with memory_budget(budget):
        return shipment.bench().work(piece, finish, failing=failing)


@contextmanager
def on_disk(tasks: Sequence[Task]) -> Iterator[OnDisk]:
    """The tasks in a folder that only this user can read, gone with the block."""
    with tempfile.TemporaryDirectory(prefix="sparsesim-") as folder:
        with (Path(folder) / "tasks").open("wb") as file:
            _Sorted(file, folder).dump(tuple(tasks))
        yield OnDisk(folder)


def packed(tasks: Sequence[Task]) -> Packed:
    """The tasks as bytes, arrays included."""
    return Packed(cloudpickle.dumps(tuple(tasks)))


class _Sorted(cloudpickle.Pickler):  # type: ignore[misc]
    """Puts each large array into a file of its own, under the hash of its content."""

    def __init__(self, file: io.BufferedWriter, folder: str) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._folder = folder

    def persistent_id(self, obj: Any) -> tuple[str, str, tuple[int, ...]] | None:
        """The file of an array: all equal ones share it."""
        if not isinstance(obj, np.ndarray) or obj.nbytes < LEAST_MAPPED_BYTES or obj.dtype.hasobject:
            return None
        name = f"{array_hash(obj)}-{obj.dtype.str.strip('<>|=')}-{'x'.join(map(str, obj.shape))}.npy"
        path = Path(self._folder) / name
        if not path.exists():
            np.save(path, obj)
        return name, obj.dtype.str, obj.shape


class _Mapped(pickle.Unpickler):
    def __init__(self, file: io.BufferedReader, folder: str) -> None:
        super().__init__(file)
        self._folder = folder

    def persistent_load(self, pid: Any) -> Any:
        """The array as a view of its file: pages that several workers read are in memory once."""
        return np.asarray(np.load(Path(self._folder) / pid[0], mmap_mode="r"))


@lru_cache(maxsize=1)
def _bench_from(folder: str) -> Bench:
    with (Path(folder) / "tasks").open("rb") as file:
        return Bench(_Mapped(file, folder).load())


@lru_cache(maxsize=1)
def _bench_of(shipment: Packed) -> Bench:
    return Bench(pickle.loads(shipment.content))
