from pathlib import Path

import numpy as np

from sparsesim.tensors import SparseMatrix, write_matrix
from sparsesim.validation.matrices import MatrixFolder, data_folder


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


def test_an_absent_folder_is_told_from_an_empty_one(tmp_path):
    assert "no such folder" in MatrixFolder(tmp_path / "none").describe_absence()
    assert "no wanted matrix" in MatrixFolder(tmp_path).describe_absence()
