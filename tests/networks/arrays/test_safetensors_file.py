"""Headers of safetensors files: what is refused, with file, tensor, field and value."""

import os

import numpy as np
import pytest

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.networks import load_network, read_arrays
from tests.networks.arrays.archives import entry, safetensors

DATA = bytes(64)


def refused(tmp_path, header, data=DATA):
    path = safetensors(tmp_path / "net.safetensors", header, data)
    with pytest.raises(InputError) as caught:
        load_network(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: not a readable safetensors file: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("tensors", "parts"),
    [
        ({"a": entry([4, 2], 0, 32), "b": entry([4, 2], 16, 48), "c": entry([4], 48, 64)}, ["'b'", "overlaps byte 32"]),
        ({"a": entry([4, 2], 0, 32), "b": entry([4, 2], 0, 32), "c": entry([8], 32, 64)}, ["'b'", "overlaps byte 32"]),
        ({"a": entry([2, 2], 0, 16), "b": entry([4, 2], 32, 64)}, ["'b'", "[32, 64]", "leaves a hole behind byte 16"]),
        ({"a": entry([4, 2], 32, 64)}, ["'a'", "leaves a hole behind byte 0"]),
        ({"a": entry([4, 2], 0, 32)}, ["32 bytes behind the last tensor belong to none"]),
        ({"a": entry([4, 5], 0, 80)}, ["'a'", "data_offsets: [0, 80]", "the file has 64 bytes"]),
    ],
)
def test_every_byte_belongs_to_one_tensor(tmp_path, tensors, parts):
    message = refused(tmp_path, tensors)
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    "shape",
    [[4.9, 4.9], [True, 16], [-4, -4], [2**63, 1], "44", {"0": 4}, None, [[4, 4]], ["4", 4], [0, 2**63], [1] * 65],
)
def test_shapes_are_whole_numbers_that_can_be_counted(tmp_path, shape):
    message = refused(tmp_path, {"fc.weight": entry(shape, 0, 64)})
    assert "tensor 'fc.weight': " in message
    assert "shape" in message


def test_a_fraction_of_a_size_is_not_cut_off(tmp_path):
    message = refused(tmp_path, {"fc.weight": entry([10.9, 20.9], 0, 800)}, bytes(800))
    assert "tensor 'fc.weight': shape: [10.9, 20.9]: must be a list of whole numbers" in message


@pytest.mark.parametrize(
    "offsets", [[0, 64.0], [False, 64], [64, 0], [0], [0, 32, 64], "064", {"0": 64}, None, [0, 2**63], [-64, 0]]
)
def test_offsets_are_two_places_in_order(tmp_path, offsets):
    message = refused(tmp_path, {"fc.weight": {"dtype": "F32", "shape": [4, 4], "data_offsets": offsets}})
    assert "tensor 'fc.weight': data_offsets: " in message


@pytest.mark.parametrize("dtype", ["F8_E4M3", "f32", "", 5, None, ["F32"], {"F32": 1}, "F32 "])
def test_types_that_are_not_read_are_named(tmp_path, dtype):
    message = refused(tmp_path, {"fc.weight": entry([4, 4], 0, 64, dtype)})
    assert f"tensor 'fc.weight': dtype: stored as {dtype!r}, which is not read: one of F64, F32" in message


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (b'{"a":{"dtype":"F32","shape":[4,4],"data_offsets":[0,64]},"a":{}}', "the key 'a' occurs twice"),
        (b'{"a":{"dtype":"F32","shape":[4,4],"shape":[2,8],"data_offsets":[0,64]}}', "the key 'shape' occurs twice"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested more than 64 levels deep"),
        (b'{"a":{"dtype":"F32","shape":[NaN,4],"data_offsets":[0,64]}}', "NaN is no number"),
        (b'{"a":{"dtype":"F32","shape":[' + b"9" * 5001 + b',4],"data_offsets":[0,64]}}', "is beyond 64 bits"),
        (b'{"a":{"dtype":"F32","shape":[4,4],"data_offsets":[0,1e999]}}', "beyond what a number can be"),
        (b'{"\\ud800":{"dtype":"F32","shape":[4,4],"data_offsets":[0,64]}}', "lone surrogate"),
        (b"[1, 2]", "a mapping is needed, found a list"),
        (b"\xff\xfe{}", "not readable JSON"),
        (b'{"a":', "not readable JSON"),
        ({"__metadata__": {"a": 1}, "fc.weight": entry([4, 4], 0, 64)}, "__metadata__: {'a': 1}: must be a mapping"),
        ({"fc.weight": entry([4, 4], 0, 64) | {"strides": [4, 1]}}, "badly described"),
        ({"x" * 1001: entry([4, 4], 0, 64)}, "the name must have 1 to 1000 characters, found 1001"),
        ({"a\nb": entry([4, 4], 0, 64)}, "the name must be printable"),
    ],
)
def test_headers_that_have_two_meanings_or_none(tmp_path, header, part):
    assert part in refused(tmp_path, header)


def test_a_header_longer_than_the_file(tmp_path):
    path = tmp_path / "net.safetensors"
    for length in (100, 2**63 - 1, 2**64 - 1):
        path.write_bytes(length.to_bytes(8, "little") + b"{}")
        with pytest.raises(InputError, match=f"header length: {length}: the file has 10 bytes"):
            load_network(path)


def test_a_header_that_is_too_long_is_not_read(tmp_path):
    path = tmp_path / "net.safetensors"
    with path.open("wb") as file:
        file.write((200_000_000).to_bytes(8, "little"))
        file.truncate(300_000_000)  # takes no place on disk
    with pytest.raises(InputError, match="header length: 200000000: at most 100000000"):
        load_network(path)


def test_the_budget_is_asked_before_values_are_read(tmp_path):
    path = safetensors(tmp_path / "net.safetensors", {"fc.weight": entry([2**18, 2**20], 0, 2**40)}, b"")
    os.truncate(path, path.stat().st_size + 2**40)
    with pytest.raises(InputError, match=r"net.safetensors: reading its tensors needs 1.1 TB of memory"):
        load_network(path)


def test_bfloat16_takes_twice_its_bytes(tmp_path):
    path = safetensors(tmp_path / "net.safetensors", {"fc.weight": entry([4, 8], 0, 64, "BF16")}, DATA)
    with ss.memory_budget(2000):  # what the header takes while it is parsed
        assert load_network(path).n_params == 32
    path = safetensors(tmp_path / "net.safetensors", {"fc.weight": entry([40, 80], 0, 6400, "BF16")}, bytes(6400))
    with ss.memory_budget(12_799), pytest.raises(InputError, match=r"needs 12.8 kB of memory"):
        load_network(path)
    with ss.memory_budget(12_800):
        assert load_network(path).n_params == 3200


def test_order_empty_tensors_and_metadata_are_free(tmp_path):
    values = np.arange(16, dtype=np.float32)
    header = {
        "__metadata__": {"format": "pt"},
        "second": entry([2, 4], 32, 64),
        "none": entry([0, 4], 32, 32),
        "first": entry([4, 2], 0, 32),
    }
    arrays = read_arrays(safetensors(tmp_path / "net.safetensors", header, values.tobytes()))
    assert {name: array.shape for name, array in arrays.items()} == {"second": (2, 4), "none": (0, 4), "first": (4, 2)}
    assert arrays["second"][0, 0] == 8


def test_what_the_package_writes_is_read(tmp_path):
    package = pytest.importorskip("safetensors.numpy")
    random = np.random.default_rng(0)
    types = (np.float16, np.float32, np.float64, np.int8, np.int64, np.uint8, np.bool_)
    given = {f"a{i}": random.integers(0, 2, (i, 3)).astype(dtype) for i, dtype in enumerate(types)}
    package.save_file(given, tmp_path / "net.safetensors")
    read = read_arrays(tmp_path / "net.safetensors")
    assert set(read) == set(given)
    for name, array in given.items():
        assert read[name].dtype == array.dtype
        assert np.array_equal(read[name], array)
