"""Finding and loading networks."""

import subprocess
import sys

import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks import IMPORTERS, load_network, network_names


def test_every_shipped_network_loads_with_a_source():
    assert {"alexnet", "alexnet-ungrouped", "vgg16", "resnet50", "bert-base", "digits-cnn"} <= set(network_names())
    for name in network_names():
        network = load_network(name)
        assert network.name == name
        assert network.source
        assert network.macs > 0
        assert ("synthetic" in network.label) == (network.weights_origin == "synthetic")


def test_the_classifier_of_alexnet_is_a_selection():
    assert [layer.name for layer in load_network("alexnet").select("fc*").layers] == ["fc6", "fc7", "fc8"]


def test_unknown_names_get_suggestions():
    with pytest.raises(UnknownNameError, match="unknown network 'resnet5': did you mean resnet50"):
        load_network("resnet5")


@pytest.mark.parametrize("suffix", sorted(IMPORTERS))
def test_every_importer_refuses_missing_and_meaningless_files(tmp_path, suffix):
    if suffix in (".pt", ".pth"):
        pytest.importorskip("torch")
    if suffix in (".h5", ".hdf5", ".keras"):
        pytest.importorskip("h5py")
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    path = tmp_path / f"net{suffix}"
    with pytest.raises(InputError, match="no such file") as caught:
        load_network(path)
    assert str(caught.value).startswith(str(path))
    for content in (b"", b"\x00\xff meaningless", bytes(range(256))):
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            load_network(str(path))
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)


def test_unknown_suffixes_list_the_known_ones(tmp_path):
    path = tmp_path / "net.mat"
    path.write_text("")
    with pytest.raises(InputError, match=r"net.mat: cannot read .mat, only .yaml, .yml, .onnx, .npz"):
        load_network(path)
    with pytest.raises(InputError, match="no such file"):
        load_network(tmp_path)


def test_options_of_other_files_are_refused():
    with pytest.raises(InputError, match=r"layout means nothing for .yaml files"):
        load_network("alexnet", layout="in_out")


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    (tmp_path / "net.onnx").write_bytes(b"x")
    with pytest.raises(InputError, match=r"pip install onnx$"):
        load_network(tmp_path / "net.onnx")
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "net.pt").write_bytes(b"x")
    with pytest.raises(InputError, match=r"pip install 'sparsesim\[torch\]'"):
        load_network(tmp_path / "net.pt")
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "net.h5").write_bytes(b"x")
    with pytest.raises(InputError, match=r"pip install 'sparsesim\[keras\]'"):
        load_network(tmp_path / "net.h5")


def test_importing_the_package_stays_light():
    code = (
        "import sys, sparsesim.networks as n; n.load_network('alexnet'); "
        "heavy = ('onnx', 'onnxruntime', 'torch', 'h5py', 'safetensors', 'sklearn', 'numba'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
