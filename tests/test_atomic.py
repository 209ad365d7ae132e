"""Files that are whole or not there, whatever happens while they are written."""

import os
import stat
import threading

import pytest

from sparsesim.atomic import naming, replacing


def test_what_was_there_stays_until_all_is_written(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("before")
    with replacing(path) as new:
        new.write_text("after")
        assert path.read_text() == "before"
        assert (new.parent, new.suffix) == (tmp_path, ".csv")
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError("no"), OSError("no")])
def test_what_was_there_stays_if_writing_fails(tmp_path, fault):
    path = tmp_path / "table.csv"
    path.write_text("before")
    with pytest.raises(type(fault) if isinstance(fault, Exception) else fault), replacing(path) as new:  # noqa: PT012
        new.write_text("aft")
        raise fault
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named_by_the_file(tmp_path):
    path = tmp_path / "nowhere" / "table.csv"
    with pytest.raises(FileNotFoundError) as caught, replacing(path):
        pass
    assert caught.value.filename == str(path)
    assert caught.value.strerror == "No such file or directory"


def test_a_full_disk_names_the_file(tmp_path):
    path = tmp_path / "table.csv"
    path.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught, replacing(path) as new:
        new.write_text("anything")
    assert caught.value.filename == str(path)


def test_faults_of_other_files_keep_their_names(tmp_path):
    other = tmp_path / "source.npz"
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "table.csv"):
        other.read_bytes()
    assert caught.value.filename == str(other)


def test_permissions_stay_and_new_files_get_the_usual_ones(tmp_path):
    usual, path = tmp_path / "usual.csv", tmp_path / "table.csv"
    usual.touch()
    for asked in (None, 0o640, 0o600):
        if asked is not None:
            path.chmod(asked)
        with replacing(path) as new:
            new.write_text("after")
        assert stat.S_IMODE(path.stat().st_mode) == (asked or stat.S_IMODE(usual.stat().st_mode))


def test_of_a_link_the_file_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    path, link = tmp_path / "far" / "table.csv", tmp_path / "link.csv"
    path.write_text("before")
    link.symlink_to(path)
    with replacing(link) as new:
        new.write_text("after")
    assert link.is_symlink()
    assert path.read_text() == "after"


def test_a_pipe_is_written_itself(tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    read = []
    reader = threading.Thread(target=lambda: read.append(path.read_text()), daemon=True)
    reader.start()
    with replacing(path) as new:
        new.write_text("row")
    reader.join(10)
    assert read == ["row"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_long_names_fit(tmp_path):
    path = tmp_path / f"{'µ' * 120}.csv"
    with replacing(path) as new:
        new.write_text("row")
    assert path.read_text() == "row"


def test_errors_without_a_number_stay_as_they_are(tmp_path):
    with pytest.raises(OSError, match=r"^odd$") as caught, naming(tmp_path):
        raise OSError("odd")
    assert caught.value.filename is None
