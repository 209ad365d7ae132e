"""Hangs, crashes and floods of memory that fuzzing has found: they stay mended."""

import json

import numpy as np
import pytest

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.tensors import read_matrix
from tests.fuzz import oracles
from tests.fuzz.memory import peak_growth
from tests.fuzz.refusing import (
    CONTRADICTIONS,
    NESTED,
    in_a_process,
    misused,
    onnx_file,
    program,
    refused,
    refused_file,
)
from tests.fuzz.strategies.array_files import hdf5_files, torch_files
from tests.fuzz.strategies.descriptions import LAYERS
from tests.fuzz.strategies.matrix_files import archive, bombs, npy

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore:Detected pickle protocol")]


@pytest.mark.parametrize("scale", ["1e999999999", "1/1e999999999", "9" * 5001])
def test_a_scale_of_a_billion_digits(scale):
    found = program("evaluate", "digits-cnn", "-i", "digits", "--scale", scale)
    assert found.returncode == 2
    assert found.stderr.startswith("error: ")
    assert "--scale" in found.stderr
    assert len(found.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["an input of 2^40", "a sequence of 10^12 steps"])
def test_sizes_that_would_never_end(tmp_path, name):
    operator, shape, weights, given = CONTRADICTIONS[name]
    path = onnx_file(tmp_path / "net.onnx", operator, shape, weights, **given)
    found = program("compare", path, "-m", "core-i7-5930k", "-f", "dense", "-p", "none")
    assert found.returncode == 2, found
    assert str(path) in found.stderr
    assert len(found.stderr.splitlines()) == 1


ENDLESS = (
    NESTED,
    "{a: " * 1000 + "1" + "}" * 1000,
    "[" * 100_000,
    "- " * 50_000,
    "name: " + "9" * 5001,
    "a: &a [*a]",
)


def test_text_without_end_in_yaml(tmp_path):
    """In a process of its own, which such texts have brought down."""
    for number, text in enumerate(ENDLESS):
        (tmp_path / f"{number}.yaml").write_text(text)
    code = f"""
import sparsesim as ss
for number in range({len(ENDLESS)}):
    for reader in (ss.load_machine, ss.load_sweep, ss.load_network, ss.load_energy_table):
        try:
            reader({str(tmp_path)!r} + f"/{{number}}.yaml")
        except ss.SparsesimError as error:
            assert all(line.startswith({str(tmp_path)!r}) for line in getattr(error, "faults", [str(error)])), error
            print(number)"""
    found = in_a_process(code)
    wanted = [str(number) for number in range(len(ENDLESS)) for _ in range(4)]
    assert found.stdout.split() == wanted, found.stderr[-500:]


@pytest.mark.parametrize(
    ("field", "size"), [("inputs: 16", 2**62), ("c_out: 4, kernel: 3", 2**62), ("positions: 2", 10**30)]
)
def test_layer_tables_beyond_64_bits(tmp_path, field, size):
    text = LAYERS.replace(
        field, f"{field.rpartition(':')[0]}: {size}" if ", kernel" not in field else f"c_out: {size}, kernel: 3", 1
    )
    assert text != LAYERS
    refused_file(tmp_path, "net.yaml", text, load_network)


def test_topologies_beyond_64_bits(tmp_path):
    side = 2**31 - 1
    refused_file(tmp_path, "net.csv", f"Layer,M,N,K,\nfc,{side},{side},{side},\n", load_network, "fc")


def test_an_image_beyond_64_bits(tmp_path):
    config = {
        "model_type": "vit",
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 12,
    }
    refused_file(tmp_path, "config.json", json.dumps({**config, "image_size": 2**40, "patch_size": 4}), load_network)


def test_a_batch_beyond_64_bits():
    misused("compare", "digits-cnn", "-f", "dense", "-m", "core-i7-5930k", "-b", 10**30)


def test_a_product_beyond_what_can_be_counted_takes_no_memory():
    with peak_growth() as peak:
        misused("gemm", 2**31, 2**31, 2**31)
    assert peak.bytes < 10**8


@pytest.mark.parametrize("name", ["bomb.mtx.gz", "bomb.npz", "promise.npy", "rows.mtx", "rows.smtx"])
def test_files_that_unpack_to_more_than_the_budget(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(bombs()[name])
    with ss.memory_budget(64 * 2**20), peak_growth() as peak:
        refused(lambda: read_matrix(path), path)
    assert peak.bytes <= 96 * 2**20


def test_archives_of_arrays_that_unpack_to_more_than_the_budget(tmp_path):
    path = tmp_path / "net.npz"
    header = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (8388608, 8), }", b"")
    path.write_bytes(archive({"fc.weight.npy": header + bytes(2**28)}))
    with ss.memory_budget(64 * 2**20), peak_growth() as peak:
        refused(lambda: load_network(path), path)
    assert peak.bytes <= 96 * 2**20


def test_keras_files_that_unpack_to_more_than_the_budget(tmp_path):
    pytest.importorskip("h5py")
    huge, packed = hdf5_files()[1], hdf5_files()[4]
    for name, content in (
        ("net.h5", huge),
        ("packed.h5", packed),
        ("net.keras", archive({"model.weights.h5": packed})),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with ss.memory_budget(64 * 2**20), peak_growth() as peak:
            refused(lambda path=path: load_network(path), path)
        assert peak.bytes <= 96 * 2**20


TORCH = {2: "integer keys", 3: "quantised", 4: "stride 0", 5: "meta", 6: "huge and sparse"}


@pytest.mark.parametrize("number", TORCH, ids=TORCH.values())
def test_tensors_that_are_no_plain_weights(tmp_path, number):
    pytest.importorskip("torch")
    path = tmp_path / "net.pt"
    path.write_bytes(torch_files()[number])
    with ss.memory_budget(64 * 2**20), peak_growth() as peak:
        if number == 3:  # may be read as what its integers stand for
            try:
                np.testing.assert_allclose(load_network(path).layers[0].weight(), 1, rtol=1e-6)
            except InputError as error:
                oracles.one_line(error, str(path))
        else:
            refused(lambda: load_network(path), path)
    assert peak.bytes <= 128 * 2**20
