"""Sets of matrices: which there are, what they are called, and what their headers say."""

import gzip
import io
import pickle
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.tensors import SparseMatrix, read_matrix, uniform, write_matrix
from sparsesim.tensors.collections import matrix_entries
from tests.tensors.serving import SMALL, tarred, web

__all__ = ["web"]

EXAMPLE = SparseMatrix.from_dense([[0.0, 1.5, 0.0], [2.0, 0.0, -1.0]])
SMTX = b"2, 3, 1\n0 0 1\n2\n"
FILES = {"net/conv1.smtx": SMTX, "net/deep/conv2.smtx": b"1, 5, 2\n0 2\n0 4\n", "net/fc.mtx.gz": gzip.compress(SMALL)}
SIZES = {"conv1": (2, 3, 1), "deep/conv2": (1, 5, 2), "fc": (3, 4, 2)}


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


ARCHIVES = {
    "nets.zip": zipped(FILES | {"net/README.txt": b"hello"}),
    "nets.tar": tarred(*FILES.items(), ("net/README.txt", b"hello"), mode="w"),
    "nets.tar.gz": tarred(*FILES.items(), ("net/README.txt", b"hello")),
    "nets.tgz": tarred(*((f"./{name}", content) for name, content in FILES.items())),
}


def sizes(sources):
    return {source.label: (source.rows, source.columns, source.nnz) for source in sources}


@pytest.mark.parametrize("name", ARCHIVES)
def test_every_matrix_of_an_archive_is_a_source(tmp_path, name):
    (tmp_path / name).write_bytes(ARCHIVES[name])
    found = matrix_entries(tmp_path / name)
    assert sizes(found) == SIZES
    assert [source.place for source in found] == [f"{tmp_path / name}/{member}" for member in FILES]
    for source in found:
        matrix = source.read()
        assert (*matrix.shape, matrix.nnz) == SIZES[source.label]
        assert matrix.equals(read_matrix(source.place))
    assert {path.name for path in tmp_path.iterdir()} == {name}


@pytest.mark.parametrize("name", ARCHIVES)
def test_members_by_name_and_by_pattern(tmp_path, name):
    (tmp_path / name).write_bytes(ARCHIVES[name])
    assert [source.label for source in matrix_entries(tmp_path / name / "net" / "*conv*")] == ["conv1", "deep/conv2"]
    (one,) = matrix_entries(f"{tmp_path / name}/net/conv1.smtx")
    assert (one.label, one.nnz) == ("conv1", 1)
    with pytest.raises(InputError, match="no matrix files here"):
        matrix_entries(f"{tmp_path / name}/net/pool*")
    with pytest.raises(InputError, match=r"no member 'net/pool.smtx' in this archive"):
        read_matrix(f"{tmp_path / name}/net/pool.smtx")
    with pytest.raises(InputError, match=r"holds 3 matrices, name one of them: net/conv1.smtx, net/deep/conv2"):
        read_matrix(tmp_path / name)


def test_a_folder_holds_what_lies_below_it_in_the_order_of_names(tmp_path):
    for name in ("b", "a/z", "a/y", ".hidden/x", "c/.w"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_matrix(EXAMPLE, tmp_path / f"{name}.mtx")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "a" / "z.zip").write_bytes(ARCHIVES["nets.zip"])
    found = matrix_entries(tmp_path)
    assert [source.label for source in found] == ["a/y", "a/z", "b"]
    assert all(source.read().equals(EXAMPLE) for source in found)


def test_a_pattern_of_the_shell_also_finds_archives(tmp_path):
    write_matrix(EXAMPLE, tmp_path / "net1.mtx.gz")
    (tmp_path / "nets.zip").write_bytes(ARCHIVES["nets.zip"])
    (tmp_path / "nets.txt").write_text("hello")
    found = matrix_entries(str(tmp_path / "net*"))
    assert sizes(found) == {
        "net1": (2, 3, 3),
        **{f"nets.zip/net/{label}": each for label, each in SIZES.items()},
    }
    assert len(matrix_entries(tmp_path / "net?.mtx.gz")) == 1
    with pytest.raises(InputError, match=r"x\*: no matrix files here; known: .mtx, .smtx, .npz, .npy"):
        matrix_entries(tmp_path / "x*")


def test_labels_keep_the_suffix_where_it_tells_files_apart(tmp_path):
    write_matrix(EXAMPLE, tmp_path / "a.mtx")
    write_matrix(EXAMPLE.pattern(), tmp_path / "a.smtx")
    write_matrix(EXAMPLE, tmp_path / "b.0.5.npz")
    assert [source.label for source in matrix_entries(tmp_path)] == ["a.mtx", "a.smtx", "b.0.5"]


def test_one_file_and_one_name(tmp_path):
    write_matrix(EXAMPLE, tmp_path / "one.mtx")
    assert sizes(matrix_entries(str(tmp_path / "one.mtx"))) == {"one": (2, 3, 3)}
    assert sizes(matrix_entries("rmat-1024")) == {"rmat-1024": (1024, 1024, read_matrix("rmat-1024").nnz)}
    with pytest.raises(UnknownNameError, match="unknown matrix 'rmat'"):
        matrix_entries("rmat")
    for missing in ("none.mtx", "none.zip", "none.tar.gz"):
        with pytest.raises(InputError, match=rf"{missing}: no such file"):
            matrix_entries(tmp_path / missing)


def test_headers_tell_what_they_can(tmp_path):
    matrix = uniform(30, 20, 0.1, seed=3)
    for suffix in ("mtx", "npz", "mtx.gz", "npz.gz"):
        write_matrix(matrix, tmp_path / f"m.{suffix}")
        assert sizes(matrix_entries(tmp_path / f"m.{suffix}")) == {"m": (30, 20, matrix.nnz)}
    np.save(tmp_path / "dense.npy", matrix.to_array())
    np.savez(tmp_path / "dense.npz", matrix.to_array())
    (tmp_path / "half.mtx").write_text("%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 3\n")
    (tmp_path / "all.mtx").write_text("%%MatrixMarket matrix array real general\n1 2\n0\n1\n")
    unknown = {
        name: sizes(matrix_entries(tmp_path / name)) for name in ("dense.npy", "dense.npz", "half.mtx", "all.mtx")
    }
    assert unknown == {
        "dense.npy": {"dense": (30, 20, None)},
        "dense.npz": {"dense": (30, 20, None)},
        "half.mtx": {"half": (3, 3, None)},
        "all.mtx": {"all": (1, 2, None)},
    }


def test_one_of_several_arrays(tmp_path):
    np.savez(tmp_path / "w.npz", fc1=np.eye(3), fc2=np.zeros((2, 5)))
    assert sizes(matrix_entries(tmp_path / "w.npz" / "fc1")) == {"fc1": (3, 3, 3)}
    with pytest.raises(InputError, match=r"w.npz: holds 2 arrays, name one of them as .*w.npz/KEY: fc1 \[3, 3\], fc2"):
        matrix_entries(tmp_path / "w.npz")


def test_a_source_is_small_and_the_same_in_another_process(tmp_path):
    write_matrix(uniform(200, 200, 0.5, seed=1), tmp_path / "m.npz")
    (source,) = matrix_entries(tmp_path / "m.npz")
    data = pickle.dumps(source)
    assert len(data) < 1000
    assert pickle.loads(data) == source
    assert pickle.loads(data).read().equals(source.read())
    with pytest.raises(AttributeError):
        source.label = "other"


@pytest.mark.parametrize("name", ["bad.zip", "bad.tar", "bad.tar.gz"])
def test_faults_name_archive_and_member(tmp_path, name):
    files = {"a.smtx": SMTX, "b.smtx": b"2, x, 1\n"}
    (tmp_path / name).write_bytes(zipped(files) if name == "bad.zip" else tarred(*files.items(), mode="w"))
    with pytest.raises(InputError, match=rf"^{tmp_path}/{name}/b.smtx: line 1: 'x' is not an integer"):
        matrix_entries(tmp_path / name)
    (tmp_path / name).write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(InputError, match=rf"^{tmp_path}/{name}: (cannot be read|not a readable zip archive)"):
        matrix_entries(tmp_path / name)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_an_archive_that_breaks_off_is_told(tmp_path, mode, kept):
    """Also between two members, where a reader that is not careful sees a shorter archive."""
    data = tarred(*((f"m{n}.smtx", SMTX) for n in range(40)), mode=mode)
    if mode == "w":
        data = data[: 1024 * 42]  # without what fills the last block
    (tmp_path / "m.tar").write_bytes(data)
    assert len(matrix_entries(tmp_path / "m.tar")) == 40
    for cut in (int(len(data) * kept), 1024 * int(40 * kept)):
        (tmp_path / "m.tar").write_bytes(data[: min(cut, len(data) - 1)])
        with pytest.raises(InputError, match=r"m.tar(/m\d+.smtx)?: (breaks off|cannot be read|line \d|the header)"):
            matrix_entries(tmp_path / "m.tar")


def test_two_members_of_one_name_are_refused(tmp_path):
    (tmp_path / "m.tar").write_bytes(tarred(("m.smtx", SMTX), ("m.smtx", SMTX), mode="w"))
    with pytest.raises(InputError, match=r"m.tar: member 'm.smtx' is there 2 times"):
        matrix_entries(tmp_path / "m.tar")


def test_links_and_devices_are_no_matrices(tmp_path):
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        link = tarfile.TarInfo("m.smtx")
        link.type, link.linkname = kind, "/etc/passwd"
        (tmp_path / "m.tar").write_bytes(tarred((link, b""), mode="w"))
        for read in (matrix_entries, lambda file: read_matrix(file, "m.smtx")):
            with pytest.raises(InputError, match=r"m.tar: member 'm.smtx': must be a file; links, devices"):
                read(tmp_path / "m.tar")


def test_members_with_names_of_paths_are_only_names(tmp_path):
    evil = tarred(("../../evil.smtx", SMTX), ("/tmp/evil.smtx", SMTX), mode="w")
    (tmp_path / "m.tar").write_bytes(evil)
    found = matrix_entries(tmp_path / "m.tar")
    assert [source.read().nnz for source in found] == [1, 1]
    assert {path.name for path in tmp_path.iterdir()} == {"m.tar"}
    (tmp_path / "m.tar").write_bytes(tarred(("\x1b[31m.smtx", SMTX), mode="w"))
    with pytest.raises(InputError, match=r"member '\\x1b\[31m.smtx': the name of a matrix must be printable"):
        matrix_entries(tmp_path / "m.tar")


def test_a_collection_is_a_set(web):
    folder = "dlmc/rn50/magnitude_pruning/0.8"
    web.answers["/dlmc.tar.gz"] = tarred(*((f"{folder}/{name}.smtx", SMTX) for name in ("fc", "conv1")))
    found = matrix_entries("dlmc:rn50/magnitude/0.8/*")
    assert sizes(found) == {"conv1": (2, 3, 1), "fc": (2, 3, 1)}
    assert [source.label for source in matrix_entries(Path("dlmc:rn50/magnitude/0.8/fc"))] == ["fc"]


def test_the_pruned_layers_of_resnet_50(data_dir):
    archive = data_dir / "pruned" / "dlmc_rn50_magnitude_pruning_0.8.zip"
    found = matrix_entries(archive)
    assert len(found) == 54
    assert len({source.label for source in found}) == 54
    # Matrix and non-zeros as `dlmc.csv` of the collection lists them.
    stated = read_stated(data_dir / "pruned" / "dlmc.csv.gz", "rn50/magnitude_pruning/0.8/")
    assert sizes(found) == stated
    assert sum(source.read().nnz for source in found) == sum(nnz for _, _, nnz in stated.values())


def read_stated(table, folder):
    import csv

    with gzip.open(table, "rt") as text:
        rows = [row for row in csv.DictReader(text) if row["name"].startswith(folder)]
    return {
        row["name"].removeprefix(folder): (int(row["nrows"]), int(row["ncols"]), int(float(row["nnz"]))) for row in rows
    }
