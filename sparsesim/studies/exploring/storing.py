"""The store of a search: one SQLite file of Optuna's, which several processes may share and a kill does not harm.

A trial is written when it begins, with who computes it, and again when it is done. What was begun by a process that is
gone counts as never begun.
"""

import json
import os
import socket
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparsesim.errors import InputError
from sparsesim.identity import content_hash
from sparsesim.studies.exploring.extra import optuna_module
from sparsesim.studies.exploring.prepared import Prepared
from sparsesim.studies.points import network_hash

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial

OWNER: Final = "owner"
"""Attribute of a trial: who computes it."""
CHOICE: Final = "choice"
"""Attribute of a trial: the number of its value on every axis, as JSON."""
FIGURES: Final = "figures"
"""Attribute of a trial that is done: what `Evaluator.figures` gave."""
REFUSED: Final = "refused"
"""Attribute of a trial that no machine or format takes: why."""
ORIGIN: Final = "origin"
"""Attribute of a trial that was not the sampler's idea: whose it was."""

_DESCRIPTION: Final = "description"
_MADE_BY: Final = "sparsesim"
_TABLES: Final = {"studies", "trials", "version_info"}
_LOCKED_S: Final = 60
"""How long a process waits for others that write."""


def opened(prepared: Prepared, store: Path | None) -> "Study":
    """The study of an exploration in a file, made where there is none; without a file one in memory.

    Raises InputError for a file that is something else, or holds another exploration than this one.
    """
    optuna, given = optuna_module(), prepared.exploration
    storage: Any = optuna.storages.InMemoryStorage()
    if store is not None:
        _check_file(store)
        try:
            storage = optuna.storages.RDBStorage(
                f"sqlite:///{store.resolve()}", engine_kwargs={"connect_args": {"timeout": _LOCKED_S}}
            )
        except Exception as error:  # SQLAlchemy's and SQLite's, which are imported with Optuna only
            raise InputError(f"{store}: {_first_line(error)}") from error
        _without_waiting_for_the_disk(storage)
    directions = ["maximize" if way == "maximise" else "minimize" for way in given.objectives.values()]
    others = [name for name in optuna.get_all_study_names(storage) if name != given.name]
    if others:
        raise InputError(f"{store}: it holds the exploration {others[0]!r}, not {given.name!r}: name another store")
    try:
        study: Study = optuna.create_study(
            storage=storage, study_name=given.name, directions=directions, load_if_exists=True
        )
    except ValueError as error:
        raise InputError(f"{store}: {_first_line(error)}") from error
    _check_same(study, prepared, store)
    return study


def identity(prepared: Prepared) -> dict[str, Any]:
    """All that decides the figures of trials, field by field; the number of trials and remarks do not."""
    from sparsesim import __version__

    told = prepared.exploration.model_dump(mode="json", exclude={"name", "description", "trials", "sampler"})
    told["machine"] = content_hash(prepared.machine)
    told["energy_table"] = content_hash(prepared.table)
    told["networks"] = [network_hash(network) for network in prepared.networks]
    told["matrices"] = {name: _matrix_hash(matrix) for name, matrix in prepared.matrices.items()}
    told["samples"] = [
        None if part is None else content_hash([part.images, part.labels])
        for part in (prepared.searched, prepared.held_out)
    ]
    told["search"] = content_hash([(axis.name, axis.values) for axis in prepared.space.axes])
    return told | {_MADE_BY: __version__}


def lost_trials(study: "Study") -> list["FrozenTrial"]:
    """Trials that were begun by a process that is gone."""
    running = optuna_module().trial.TrialState.RUNNING
    trials = study.get_trials(deepcopy=False, states=(running,))
    return [trial for trial in trials if not _is_there(str(trial.user_attrs.get(OWNER, "")))]


@contextmanager
def one_at_a_time(store: Path | None) -> Iterator[None]:
    """Hold other processes on the store back while one of them chooses its trial, so that no two choose the same.

    The lock is on a file beside the store, and goes with the process that holds it, however that ends.
    """
    if store is None or sys.platform == "win32":  # there a trial may be computed twice
        yield
        return
    import fcntl

    with store.with_name(f"{store.name}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def owner() -> str:
    """This process, so that another one can tell whether it is still there."""
    return f"{socket.gethostname()} {os.getpid()} {_started(os.getpid())}"


def _is_there(told: str) -> bool:
    """Whether an owner still runs; one on another machine is thought to."""
    host, _, process = told.partition(" ")
    pid, _, started = process.partition(" ")
    if not pid.isdigit():
        return False
    return host != socket.gethostname() or _started(int(pid)) == started


def _started(pid: int) -> str:
    """When a process was started, as its system counts; "" for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
    except OSError:
        return ""
    try:
        os.kill(pid, 0)  # no /proc on this system: at least whether the number is in use
    except OSError:
        return ""
    return "?"


def _without_waiting_for_the_disk(storage: Any) -> None:
    """Write ahead: a commit then takes a fifth of the time, is safe from a kill, and only the last from a power cut."""
    from sqlalchemy import event

    def prepare(connection: sqlite3.Connection, record: object) -> None:
        for setting in ("journal_mode = wal", "synchronous = normal"):
            connection.execute(f"pragma {setting}")

    event.listen(storage.engine, "connect", prepare)
    storage.engine.dispose()  # connections from before


def _check_file(store: Path) -> None:
    """InputError for no place to write to, and for a file of something else, which would get Optuna's tables."""
    if not store.parent.is_dir():
        raise InputError(f"{store}: there is no such folder")
    if store.is_dir() or not os.access(store if store.exists() else store.parent, os.W_OK):
        raise InputError(f"{store}: cannot be written")
    if not store.exists() or not store.stat().st_size:
        return
    try:
        with closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True)) as database:
            tables = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
            database.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise InputError(f"{store}: this is no store of explorations: {error}") from error
    if not tables >= _TABLES:
        raise InputError(f"{store}: this is no store of explorations: a database without Optuna's tables")


def _check_same(study: "Study", prepared: Prepared, store: Path | None) -> None:
    ours = {name: json.dumps(value, sort_keys=True) for name, value in identity(prepared).items()}
    theirs: Mapping[str, str] | None = study.user_attrs.get(_DESCRIPTION)
    if theirs is None:
        if study.get_trials(deepcopy=False):
            raise InputError(f"{store}: {study.study_name!r} in it was not made by sparsesim: name another store")
        study.set_user_attr(_DESCRIPTION, ours)
        return
    unlike = [name for name in ours if ours[name] != theirs.get(name)]
    if unlike:
        raise InputError(
            f"{store}: it holds a search that differs in {', '.join(unlike)}: name another store, or remove this one"
        )


def _matrix_hash(matrix: Any) -> str:
    sparse = matrix.to_sparse()
    return content_hash([list(sparse.shape), sparse.indptr, sparse.indices])


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
