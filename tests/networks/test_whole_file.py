"""A file that is written stays whole, whatever happens on the way."""

import errno
import os

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network, load_network, write_network
from sparsesim.networks.whole_file import whole_file


def network(rows=4):
    weight = np.arange(6 * rows, dtype=np.float32).reshape(rows, 6)
    layer = Layer(name="fc", kind="linear", weight_shape=weight.shape, source=weight)
    return Network(name="net", layers=(layer,), weights_origin="imported", source="test")


def full(*_args, **_options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def half(file, **_arrays):
    file.write(b"half")
    full()


@pytest.mark.parametrize("place", [(np, "savez_compressed", half), (os, "fsync", full)])
@pytest.mark.parametrize("before", [None, b"what was there"])
def test_a_full_disk_leaves_what_was_there_and_names_the_file(tmp_path, monkeypatch, place, before):
    path = tmp_path / "net.npz"
    if before is not None:
        path.write_bytes(before)
    monkeypatch.setattr(*place)
    with pytest.raises(InputError, match=rf"^{path}: cannot be written: No space left on device$"):
        write_network(network(), path)
    monkeypatch.undo()
    assert [file.name for file in tmp_path.iterdir()] == ([] if before is None else ["net.npz"])
    assert before is None or path.read_bytes() == before


def test_an_exception_on_the_way_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "a.bin") as file:  # noqa: PT012 - what is tested
        file.write(b"half")
        assert not (tmp_path / "a.bin").exists()
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folder", ["nowhere", "file"])
def test_a_folder_that_cannot_be_written_to(tmp_path, folder):
    (tmp_path / "file").write_text("")
    path = tmp_path / folder / "net.npz"
    with pytest.raises(InputError, match=rf"^{path}: cannot be written: "):
        write_network(network(), path)


def test_a_whole_file_takes_the_place_of_the_old_one(tmp_path):
    path, link = tmp_path / "net.npz", tmp_path / "link.npz"
    write_network(network(), path)
    link.symlink_to(path)
    write_network(network(rows=5), link)
    assert link.is_symlink()
    assert load_network(path).layers[0].weight_shape == (5, 6)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["link.npz", "net.npz"]
    (tmp_path / "plain").write_bytes(b"")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_layers_that_disagree_are_told_with_the_file(tmp_path):
    path = tmp_path / "net.onnx"
    with pytest.raises(InputError, match=rf"^{path}: 'net' was not read from an ONNX file"):
        write_network(network(), path)
