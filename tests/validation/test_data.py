from pathlib import Path

import numpy as np

from sparsesim.tensors import SparseMatrix, write_matrix
from sparsesim.validation.data import DataFolder, MatrixFolder, data_folder


def test_the_folder_asked_for_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("SPARSESIM_DATA", "/elsewhere")
    assert data_folder(tmp_path) == tmp_path
    assert data_folder() == Path("/elsewhere")


def test_without_a_variable_the_folder_beside_the_checkout_is_taken(monkeypatch, repository):
    monkeypatch.delenv("SPARSESIM_DATA", raising=False)
    assert data_folder() == repository.parent / "shared" / "data"


def test_matrices_lie_in_the_folder_or_in_its_subfolder(tmp_path):
    matrix = SparseMatrix.from_dense(np.eye(3))
    (tmp_path / "matrices").mkdir()
    write_matrix(matrix, tmp_path / "matrices" / "b.mtx.gz")
    write_matrix(matrix, tmp_path / "a.mtx")
    (tmp_path / "notes.txt").write_text("not a matrix")
    folder = MatrixFolder(tmp_path)
    assert list(folder.paths) == ["a", "b"]
    assert folder.read("b").equals(matrix)


def test_files_are_found_by_their_path_in_the_folder(tmp_path):
    (tmp_path / "reference").mkdir()
    for name in ("times_b.csv", "times_a.csv", "other.csv"):
        (tmp_path / "reference" / name).touch()
    data = DataFolder(tmp_path)
    assert data.file("reference/other.csv") == tmp_path / "reference" / "other.csv"
    assert data.file("reference") is None
    assert data.file("none.csv") is None
    assert [path.name for path in data.matching("reference/times_*.csv")] == ["times_a.csv", "times_b.csv"]


def test_an_absent_folder_is_told_from_one_without_the_data(tmp_path):
    def message(folder):
        return str(DataFolder(folder).lacks("times", "times.csv", "they come from nowhere"))

    end = "; wanted: times.csv in a folder named by --data or SPARSESIM_DATA; they come from nowhere"
    assert message(tmp_path) == f"{tmp_path}: no times here{end}"
    assert message(tmp_path / "none") == f"{tmp_path / 'none'}: no such folder{end}"
