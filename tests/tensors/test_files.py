import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sparsesim.errors import InputError
from sparsesim.limits import memory_budget
from sparsesim.tensors import SparseMatrix, matrix_members, read_matrix, write_matrix

EXAMPLE = SparseMatrix.from_dense([[0.0, 1.5, 0.0], [2.0, 0.0, -1.0]])
SMTX = "2, 3, 1\n0 0 1\n2\n"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = tmp_path / "layers.zip"
    write_matrix(EXAMPLE, tmp_path / "one.mtx")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as content:
        content.write(tmp_path / "one.mtx", "deep/one.mtx")
        content.writestr("two.smtx", SMTX)
        content.writestr("three.smtx.gz", gzip.compress(SMTX.encode()))
        content.writestr("notes.txt", "hello")
    return file


@pytest.mark.parametrize("name", ["m.mtx", "m.mtx.gz", "m.npz", "m.npz.gz"])
def test_the_suffix_chooses_the_format(tmp_path: Path, name: str) -> None:
    write_matrix(EXAMPLE, tmp_path / name)
    assert read_matrix(str(tmp_path / name)).to_array().tolist() == EXAMPLE.to_array().tolist()


@pytest.mark.parametrize("name", ["m.smtx", "m.smtx.gz", "m.mtx", "m.npz"])
def test_patterns_stay_patterns(tmp_path: Path, name: str) -> None:
    write_matrix(EXAMPLE.pattern(), tmp_path / name)
    assert read_matrix(tmp_path / name).equals(EXAMPLE.pattern())


def test_members_of_an_archive(archive: Path) -> None:
    assert matrix_members(archive) == ("deep/one.mtx", "two.smtx", "three.smtx.gz")
    assert read_matrix(archive / "deep" / "one.mtx").equals(EXAMPLE)
    assert read_matrix(archive, member="deep/one.mtx").equals(EXAMPLE)
    assert read_matrix(f"{archive}/two.smtx").equals(read_matrix(archive, "three.smtx.gz"))
    assert sorted(path.name for path in archive.parent.iterdir()) == ["layers.zip", "one.mtx"]


def test_the_only_member_needs_no_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as content:
        content.writestr("two.smtx", SMTX)
    assert read_matrix(tmp_path / "a.zip").nnz == 1


def test_archive_errors(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds 3 matrices, name one of them: deep/one.mtx, two.smtx, three"):
        read_matrix(archive)
    with pytest.raises(InputError, match=r"no member 'four.smtx'"):
        read_matrix(archive, "four.smtx")
    with pytest.raises(InputError, match=r"notes.txt: unknown suffix '.txt'; known: .mtx, .smtx, .npz"):
        read_matrix(archive / "notes.txt")
    with pytest.raises(InputError, match=r"neither an archive nor a \.npz file"):
        read_matrix(tmp_path / "one.mtx", "two.smtx")
    (tmp_path / "bad.zip").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"bad.zip: not a readable zip archive"):
        read_matrix(tmp_path / "bad.zip")
    with pytest.raises(InputError, match=r"bad.zip/x.mtx: cannot be read"):
        read_matrix(tmp_path / "bad.zip" / "x.mtx")


def test_damaged_members_and_gzip_files(archive: Path, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    at = data.index(b"deep/one.mtx") + len("deep/one.mtx")
    data[at : at + 20] = bytes(20)
    archive.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"deep/one.mtx: cannot be read"):
        read_matrix(archive, "deep/one.mtx")
    write_matrix(EXAMPLE, tmp_path / "m.mtx.gz")
    (tmp_path / "short.mtx.gz").write_bytes((tmp_path / "m.mtx.gz").read_bytes()[:-12])
    with pytest.raises(InputError, match=r"short.mtx.gz: cannot be read"):
        read_matrix(tmp_path / "short.mtx.gz")
    (tmp_path / "plain.mtx.gz").write_bytes(b"%%MatrixMarket")
    with pytest.raises(InputError, match=r"plain.mtx.gz: cannot be read"):
        read_matrix(tmp_path / "plain.mtx.gz")


def test_what_is_packed_unpacks_to_no_more_than_memory_allows(tmp_path: Path) -> None:
    (tmp_path / "bomb.npz.gz").write_bytes(gzip.compress(bytes(5_000_000)))
    with memory_budget(10**6), pytest.raises(InputError, match=r"bomb.npz.gz: unpacks to more than the 1 MB of memory"):
        read_matrix(tmp_path / "bomb.npz.gz")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as content:
        content.writestr("m.npy", bytes(5_000_000))
    with memory_budget(10**6), pytest.raises(InputError, match=r"bomb.zip/m.npy: unpacks to more than the 1 MB"):
        read_matrix(tmp_path / "bomb.zip")


def test_sizes_in_the_directory_of_an_archive_are_not_believed(tmp_path: Path) -> None:
    """The text is what the member unpacks to, not what the directory says of it."""
    file = tmp_path / "m.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as content:
        content.writestr("m.smtx", SMTX + " " * 1000)
    data = bytearray(file.read_bytes())
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (4_000_000_000).to_bytes(4, "little")
    file.write_bytes(data)
    with memory_budget(10**6):
        assert read_matrix(file).nnz == 1
    data[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"m.zip/m.smtx"):
        read_matrix(file)


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as content:
        content.writestr("m.smtx", SMTX)
        with pytest.warns(UserWarning, match="Duplicate name"):
            content.writestr("m.smtx", "2, 3, 0\n0 0 0\n")
    with pytest.raises(InputError, match=r"m.zip: member 'm.smtx' is there 2 times"):
        read_matrix(tmp_path / "m.zip")


@pytest.mark.parametrize("member", ["../one.mtx", "/etc/passwd.mtx", "deep/../two.smtx", "deep"])
def test_a_member_is_no_path(archive: Path, member: str) -> None:
    with pytest.raises(InputError, match=r"no member|unknown suffix"):
        read_matrix(archive, member)


@pytest.mark.parametrize("name", ["n" * 300 + ".mtx", "a\0b.mtx", "x" * 5000])
def test_names_that_no_file_can_have(name: str) -> None:
    with pytest.raises(InputError, match=r"no such file|unknown matrix"):
        read_matrix(name)


def test_what_cannot_be_written_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none/m.mtx: cannot be written \(No such file or directory\)"):
        write_matrix(EXAMPLE, tmp_path / "none" / "m.mtx")


def test_unknown_suffix_and_missing_file(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("1,2\n")
    with pytest.raises(InputError, match=r"m.csv: unknown suffix '.csv'; known: .mtx, .smtx, .npz"):
        read_matrix(tmp_path / "m.csv")
    with pytest.raises(InputError, match="unknown suffix"):
        write_matrix(EXAMPLE, tmp_path / "m.txt")
    with pytest.raises(InputError, match=r"none.mtx: no such file"):
        read_matrix(tmp_path / "none.mtx")
    with pytest.raises(InputError, match="no such file"):
        read_matrix(tmp_path)


def test_import_does_not_load_readers() -> None:
    code = "import sys, sparsesim.tensors; sys.exit('scipy.io' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_weights_inside_a_real_archive(data_dir: Path) -> None:
    archive = data_dir / "pruned" / "lenet_pruned_top1_0.9846.zip"
    assert matrix_members(archive) == ("conv1.mtx", "conv2.mtx")
    assert [read_matrix(archive, name).nnz for name in matrix_members(archive)] == [70, 1039]
