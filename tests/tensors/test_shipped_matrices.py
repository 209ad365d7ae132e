"""The matrices that travel with the package are what their records say."""

import numpy as np
import pytest

from sparsesim.errors import UnknownNameError
from sparsesim.tensors import matrix_names, matrix_record, read_matrix, rmat
from sparsesim.tensors.shipped_matrices import matrix_file


@pytest.mark.parametrize("name", matrix_names())
def test_records_say_what_it_is_and_where_it_comes_from(name):
    record = matrix_record(name)
    assert record.name == name
    assert len(record.source) > 20
    assert record.licence
    assert matrix_file(name).stat().st_size < 50_000
    assert read_matrix(name).nnz > 0


def test_the_karate_club_has_the_published_members_and_friendships():
    club = read_matrix("karate").to_array()
    assert club.shape == (34, 34)
    assert (club == club.T).all()
    assert club.sum() == 2 * 78
    assert not club.diagonal().any()
    # Mr. Hi and the administrator, whose factions the club split into
    assert {int(member) for member in np.argsort(club.sum(axis=0))[-2:] + 1} == {1, 34}
    assert sorted(club.sum(axis=0))[-2:] == [16, 17]


def test_the_generated_graph_is_labelled_and_comes_from_its_seed():
    record = matrix_record("rmat-1024")
    assert record.description.startswith("generated")
    assert "rmat(1024, 1024, 8192, seed=2020)" in record.source
    assert read_matrix("rmat-1024").equals(rmat(1024, 1024, 8192, seed=2020).pattern())


def test_files_come_before_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert matrix_file("karate").name == "karate.mtx"
    (tmp_path / "karate").write_text("")
    assert str(matrix_file("karate")) == "karate"
    assert str(matrix_file("there/karate")) == "there/karate"
    with pytest.raises(UnknownNameError, match=r"unknown matrix 'karat': did you mean karate\?"):
        read_matrix("karat")
