"""Files that are no stores, damaged or full: one line that says what to do, and nothing that was kept is lost."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from sparsesim.errors import InputError
from sparsesim.store import Asked, compared, failed_record, opened, writing
from tests.store.made import asked_of, points, records_of, write

POINTS = 60


@pytest.fixture(scope="module")
def store_bytes(tmp_path_factory):
    return write(tmp_path_factory.mktemp("store") / "sweep.db", points(POINTS)).read_bytes()


@pytest.fixture
def path(tmp_path, store_bytes):
    path = tmp_path / "sweep.db"
    path.write_bytes(store_bytes)
    return path


def read_whole(path):
    """All that a store has: None where it is whole, else the line that says what is wrong."""
    try:
        with opened(path) as store:
            found = store.results()
            compared(store, everything=True)
            assert (found, store.description, store.counts()["ok"]) == (points(POINTS), {"name": "tiny"}, POINTS)
    except InputError as error:
        return (
            str(error) if str(error).startswith(f"{path}: ") and "\n" not in str(error) else f"not told well: {error!r}"
        )
    return None


def test_a_file_that_was_cut_anywhere_is_recognised(path, store_bytes):
    size = len(store_bytes)
    for length in [
        1,
        15,
        16,
        50,
        99,
        100,
        101,
        511,
        512,
        4095,
        4096,
        4097,
        size // 3,
        size // 2,
        size - 4096,
        size - 1,
    ]:
        path.write_bytes(store_bytes[:length])
        assert read_whole(path).startswith(f"{path}: "), length
        with pytest.raises(InputError) as error, writing(path, "tiny", {}, {}, asked_of(points(POINTS))) as store:
            store.results()
        assert str(error.value).startswith(f"{path}: ")
        assert path.stat().st_size == length


def test_pages_of_garbage_are_recognised(path, store_bytes):
    for start in range(4096, len(store_bytes), 4096):
        broken = bytearray(store_bytes)
        broken[start : start + 4096] = b"\xa5" * 4096
        path.write_bytes(broken)
        said = read_whole(path)
        assert said is None or "damaged" in said, said
    path.write_bytes(store_bytes)
    assert read_whole(path) is None


def test_broken_layers_name_the_point(path):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE layers SET results = x'00ff' WHERE point = ?", (f"{7:032x}",))
    assert read_whole(path).startswith(f"{path}: point {7:032x}: layers of a point are damaged: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: tiny\n", "no store of a sweep, and no SQLite file at all: name a file that --store wrote"),
        (b"", "empty: `sparsesim run FILE --store"),
        (b"SQLite format 3\0", "cut off after 16 bytes: nothing is left of it; delete it"),
    ],
)
def test_files_that_are_no_stores(tmp_path, content, said):
    path = tmp_path / "file.db"
    path.write_bytes(content)
    with pytest.raises(InputError) as error, opened(path):
        pass
    assert said in str(error.value)
    if content:
        with pytest.raises(InputError), writing(path, "tiny", {}, {}, []):
            pass
        assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["file.db"]


def test_a_database_of_another_program_stays_as_it_is(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE points (point)")
    before = path.read_bytes()
    for enter in (lambda: opened(path), lambda: writing(path, "tiny", {}, {}, [])):
        with pytest.raises(InputError, match="a SQLite file of another program"), enter():
            pass
    assert path.read_bytes() == before


@pytest.mark.parametrize(("layout", "age"), [(0, "an older"), (99, "a newer")])
def test_another_layout_is_told(path, layout, age):
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {layout}")
    with (
        pytest.raises(InputError, match=rf"written by {age} sparsesim \(layout {layout}, this one reads 1\)"),
        opened(path),
    ):
        pass


def test_folders_and_missing_folders(tmp_path):
    for enter in (lambda: opened(tmp_path), lambda: writing(tmp_path, "tiny", {}, {}, [])):
        with pytest.raises(InputError, match="this is no file but a folder"), enter():
            pass
    with pytest.raises(InputError, match="there is no such folder"), writing(tmp_path / "a" / "b.db", "", {}, {}, []):
        pass


def test_an_empty_file_becomes_a_store(tmp_path):
    path = tmp_path / "new.db"
    path.touch()
    write(path, points(2))
    with opened(path) as store:
        assert store.results() == points(2)


PROGRAM = """
import sys, time
from tests.store.made import asked_of, points, records_of
from sparsesim.store import writing
path, wait, most = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
try:
    with writing(path, "tiny", {}, {}, asked_of(points(most))) as store:
        for place in range(len(store.finished()), most):
            store.add(records_of(points(1, place)))
            print(place, flush=True)
            time.sleep(wait)
except (OSError, ValueError) as error:
    print(type(error).__name__, getattr(error, "filename", ""), getattr(error, "strerror", "") or error, flush=True)
    sys.exit(2)
"""


def started(path, wait=0.0, most=2000, limit=None):
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))" if limit else ""
    command = [sys.executable, "-c", f"{limited}\n{PROGRAM}", str(path), str(wait), str(most)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_second_writer_is_told_who_is_first_and_readers_read_on(tmp_path):
    path = tmp_path / "sweep.db"
    first = started(path, wait=0.01)
    try:
        assert first.stdout.readline() == "0\n"
        with pytest.raises(InputError) as error, writing(path, "tiny", {}, {}, []):
            pass
        assert f"{path}: process {first.pid} on " in str(error.value)
        assert "is writing it" in str(error.value)
        seen = []
        for _ in range(5):
            with opened(path) as store:
                seen.append(len(store.finished()))
            time.sleep(0.1)
        assert seen == sorted(seen)
        assert seen[-1] > seen[0]
    finally:
        first.kill()
        first.communicate()
    with writing(path, "tiny", {}, {}, []):  # kill -9 released it
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["sweep.db"]


@pytest.mark.parametrize("after", [0.0, 0.003, 0.01, 0.03, 0.1])
def test_kill_9_keeps_every_point_that_was_told(tmp_path, after):
    path = tmp_path / "sweep.db"
    process = started(path)
    lines = [process.stdout.readline() for _ in range(10)]
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    told = [int(line) for line in [*lines, *process.communicate()[0].splitlines()]]
    with opened(path) as store:
        kept = len(store.finished())
        assert told == list(range(len(told)))
        assert len(told) <= kept <= len(told) + 1
        assert store.results() == points(kept)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_limit_on_the_size_of_files_loses_nothing(tmp_path):
    path = tmp_path / "sweep.db"
    process = started(path, most=400, limit=300_000)
    *told, said = process.communicate(timeout=120)[0].splitlines()
    assert process.returncode == 2
    assert said.startswith("OSError ")
    assert f"{path} " in said
    assert said.endswith(f"; {len(told)} points are kept")
    with opened(path) as store:
        assert store.results() == points(len(told))
    goes_on = started(path, most=len(told) + 5)
    assert len(goes_on.communicate(timeout=120)[0].splitlines()) == 5
    with opened(path) as store:
        assert store.results() == points(len(told) + 5)


def test_a_full_disk_loses_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        *told, said = started(disk / "sweep.db", most=400).communicate(timeout=120)[0].splitlines()
        assert "no space left on the disk" in said
        assert said.endswith(f"; {len(told)} points are kept")
        with opened(disk / "sweep.db") as store:
            assert store.results() == points(len(told))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_reader_rolls_back_what_a_killed_writer_left(tmp_path, store_bytes):
    """A journal as a crash in the middle of a commit leaves it: pages of the file are new, the old ones are in it."""
    path = tmp_path / "sweep.db"
    path.write_bytes(store_bytes)
    code = f"""
import os, sqlite3
connection = sqlite3.connect({str(path)!r}, isolation_level=None)
connection.execute("PRAGMA cache_size = 2")
connection.execute("PRAGMA cache_spill = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE points SET note = hex(randomblob(2000)), seconds = -1")
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert path.with_name("sweep.db-journal").exists()
    assert path.read_bytes() != store_bytes
    assert read_whole(path) is None


def test_ending_the_writer_by_an_error_keeps_what_was_added(tmp_path):
    path = tmp_path / "sweep.db"
    with suppress(KeyboardInterrupt), writing(path, "tiny", {}, {}, asked_of(points(3))) as store:
        store.add(records_of(points(2)))
        raise KeyboardInterrupt
    with opened(path) as store:
        assert store.results() == points(2)
    assert os.listdir(tmp_path) == ["sweep.db"]


def test_a_failed_record_is_one_line():
    asked = Asked("a" * 32, "point", "net", "none", 0.0, "dense", "unit", {})
    assert failed_record(asked, ValueError()).row["note"] == "ValueError"
