"""Damaged files of every kind load or are refused in one line that names the file; nothing else happens."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import IMPORTERS, load_network
from tests.networks.test_data_folder import NETWORKS
from tests.networks.transformers.test_huggingface import LLAMA, folder, llama_tensors

TRUNCATIONS = (0.0, 0.02, 0.3, 0.7, 0.999)
FLIPS = 8


def npz(path):
    np.savez(path, **{"fc.weight": np.ones((4, 6), np.float32), "fc.bias": np.ones(4, np.float32)})


def hdf5(path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file["fc/kernel"], file["fc/bias"] = np.ones((6, 4), np.float32), np.ones(4, np.float32)


def keras(path):
    hdf5(path.with_suffix(".h5"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(path.with_suffix(".h5"), "model.weights.h5")


def safetensors(path):
    shutil.copy(folder(path.parent, LLAMA, llama_tensors(), name="whole") / "model.safetensors", path)


def torch_file(path):
    torch = pytest.importorskip("torch")
    torch.save(torch.nn.Linear(6, 4).state_dict(), path)


def onnx_file(path):
    pytest.importorskip("onnx")
    from tests.networks.onnx_files.test_quantized import quantized_gemm

    quantized_gemm(path)


def config(path):
    shutil.copy(folder(path.parent, LLAMA, name="whole") / "config.json", path)


def topology(path):
    path.write_text("Layer,M,N,K,\nfc,1,2,3,\nother,4,5,6,\n")


def table(path):
    row = "{name: fc, kind: linear, inputs: 3, outputs: 4}"
    path.write_text(f"name: net\nsource: here\nlayers:\n- {row}\n")


WRITERS = {
    **{
        ".npz": npz,
        ".h5": hdf5,
        ".hdf5": hdf5,
        ".keras": keras,
        ".safetensors": safetensors,
        ".pt": torch_file,
        ".pth": torch_file,
    },
    **{".onnx": onnx_file, ".json": config, ".csv": topology, ".yaml": table, ".yml": table},
}


def damages(whole):
    for share in TRUNCATIONS:
        yield whole[: int(len(whole) * share)]
    generator = np.random.default_rng(len(whole))
    for i in range(FLIPS):
        flipped = bytearray(whole)
        reach = len(whole) if i % 2 else min(len(whole), 1000)  # headers lie in front, and those of .npz behind
        for place in generator.integers(0, reach, 2):
            flipped[-1 - place if i % 4 == 0 else place] ^= int(generator.integers(1, 256))
        yield bytes(flipped)


def check(path, content, **options):
    path.write_bytes(content)
    try:
        network = load_network(path, **options)
    except InputError as error:
        line = str(error)
    else:
        assert network.macs > 0
        return "loaded"
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return "refused"


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("suffix", sorted(IMPORTERS))
def test_damaged_files_of_every_kind(tmp_path, suffix):
    if suffix not in WRITERS:
        pytest.fail(
            f"importer {suffix} has no file to damage: add how to write one to WRITERS in {Path(__file__).name}"
        )
    WRITERS[suffix](tmp_path / f"net{suffix}")
    whole = (tmp_path / f"net{suffix}").read_bytes()
    assert check(tmp_path / f"again{suffix}", whole) == "loaded"
    assert check(tmp_path / f"empty{suffix}", b"") == "refused"
    outcomes = [check(tmp_path / f"damaged{suffix}", content) for content in damages(whole)]
    assert "refused" in outcomes


@pytest.mark.parametrize("file", sorted(NETWORKS))
def test_damaged_real_files(data_dir, tmp_path, file):
    if file.endswith(".onnx"):
        pytest.importorskip("onnx")
    whole = (data_dir / "nets" / file).read_bytes()
    options = NETWORKS[file][0]
    outcomes = [check(tmp_path / file, content, **options) for content in damages(whole)]
    assert outcomes[0] == "refused"


def test_damaged_transformers_beside_their_configuration(tmp_path):
    path = folder(tmp_path, LLAMA, llama_tensors()) / "model.safetensors"
    outcomes = [check(path, content) for content in damages(path.read_bytes())]
    assert outcomes[: len(TRUNCATIONS)] == ["refused"] * len(TRUNCATIONS)
