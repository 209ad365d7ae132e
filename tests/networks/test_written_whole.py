"""A file that is written stays whole, whatever happens on the way."""

import errno
import os

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network, load_network, write_network


def network(rows=4):
    weight = np.arange(6 * rows, dtype=np.float32).reshape(rows, 6)
    layer = Layer(name="fc", kind="linear", weight_shape=weight.shape, source=weight)
    return Network(name="net", layers=(layer,), weights_origin="imported", source="test")


def half(file, **_arrays):
    file.write(b"half")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("before", [None, b"what was there"])
def test_a_full_disk_leaves_what_was_there_and_names_the_file(tmp_path, monkeypatch, before):
    path = tmp_path / "net.npz"
    if before is not None:
        path.write_bytes(before)
    monkeypatch.setattr(np, "savez_compressed", half)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write_network(network(), path)
    assert caught.value.filename == str(path)
    monkeypatch.undo()
    assert [file.name for file in tmp_path.iterdir()] == ([] if before is None else ["net.npz"])
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize("folder", ["nowhere", "file"])
def test_a_folder_that_cannot_be_written_to(tmp_path, folder):
    (tmp_path / "file").write_text("")
    path = tmp_path / folder / "net.npz"
    with pytest.raises(OSError, match=r"No such|Not a dir") as caught:
        write_network(network(), path)
    assert caught.value.filename == str(path)


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
