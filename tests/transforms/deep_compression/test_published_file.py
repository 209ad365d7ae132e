"""Files of Deep Compression: read, written again to the byte, and refused where they are damaged."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.transforms.deep_compression import (
    deep_compress,
    deep_compression_bytes,
    read_deep_compression,
    squeezenet_shapes,
)

SHAPES = {"conv": (6, 3, 3, 3), "fc": (4, 50)}


@lru_cache
def small():
    """Two layers and their file."""
    random = np.random.default_rng(5)
    weights = {
        name: np.where(random.random(shape) < 0.2, random.standard_normal(shape), 0).astype(np.float32)
        for name, shape in SHAPES.items()
    }
    biases = {name: random.standard_normal(shape[0]).astype(np.float32) for name, shape in SHAPES.items()}
    layers = {name: deep_compress(weights[name], 8, 4, False, biases[name]) for name in SHAPES}
    return weights, biases, deep_compression_bytes(layers)


def test_a_file_comes_back(tmp_path):
    weights, biases, content = small()
    path = tmp_path / "small.net"
    path.write_bytes(content)
    layers = read_deep_compression(path, SHAPES)
    for name, layer in layers.items():
        np.testing.assert_array_equal(layer.decoded(), weights[name])
        np.testing.assert_array_equal(layer.biases, biases[name])
        assert layer.nnz == np.count_nonzero(weights[name])
    assert deep_compression_bytes(layers) == content


def test_the_published_stream_is_the_published_network(data_dir):
    path = data_dir / "nets" / "squeezenet_deep_compression.net"
    decoded = path.with_suffix(".npz")
    if not (path.is_file() and decoded.is_file()):
        pytest.skip(f"not there: {path} or {decoded.name}")
    layers = read_deep_compression(path)
    arrays = np.load(decoded, allow_pickle=False)
    for name, layer in layers.items():
        weight = layer.decoded()
        np.testing.assert_array_equal(weight.astype(np.float16), arrays[f"{name}_weight"])
        np.testing.assert_array_equal(layer.biases, arrays[f"{name}_bias"])
    assert sum(layer.nnz for layer in layers.values()) == 415_921
    assert deep_compression_bytes(layers) == path.read_bytes()


def test_our_encoder_writes_the_published_stream(data_dir):
    path = data_dir / "nets" / "squeezenet_deep_compression.net"
    if not path.is_file():
        pytest.skip(f"not there: {path}")
    published = read_deep_compression(path)
    same = {n: deep_compress(c.decoded(), 8, 4, False, c.biases, c.codebook) for n, c in published.items()}
    assert deep_compression_bytes(same) == path.read_bytes()
    own = {n: deep_compress(c.decoded(), 8, 4, False, c.biases) for n, c in published.items()}
    assert len(deep_compression_bytes(own)) == 675_763
    assert all(np.array_equal(own[n].decoded(), layer.decoded()) for n, layer in published.items())


def test_squeezenet_has_the_layers_of_its_paper():
    shapes = squeezenet_shapes()
    assert len(shapes) == 26
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == 1_244_448
    assert list(shapes)[:2] + list(shapes)[-1:] == ["conv1", "fire2_conv1x1_1", "conv_final"]


def damaged(kind):
    content = bytearray(small()[2])
    if kind == "empty":
        return b""
    if kind == "short":
        return bytes(content[:-1])
    if kind == "long":
        return bytes(content) + b"\0"
    if kind == "count":
        content[0:4] = b"\xff\xff\xff\xff"
    if kind == "codebook":
        content[12:16] = b"\0\0\xc0\x7f"  # NaN
    if kind == "zero":
        content[8:12] = b"\0\0\x80\x3f"  # 1.0
    if kind == "gaps":
        content[-20:] = b"\xff" * 20
    return bytes(content)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("empty", "the table of counts takes 8 bytes at byte 0, 0 are left"),
        ("short", "the gaps of 'fc' takes .* are left"),
        ("long", "1 bytes are left over"),
        ("count", "layer 'conv' has 4294967295 entries"),
        ("codebook", "codebook or biases of 'conv' hold NaN"),
        ("zero", "codebook of 'conv' starts with 1.0"),
        ("gaps", "entries of 'fc' reach weight"),
    ],
)
def test_damage_is_told_in_one_line_with_the_file(kind, message, tmp_path):
    path = tmp_path / "bad.net"
    path.write_bytes(damaged(kind))
    with pytest.raises(InputError, match=message) as caught:
        read_deep_compression(path, SHAPES)
    assert str(caught.value).startswith(f"{path}: not a file of Deep Compression: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none.net: No such file"):
        read_deep_compression(tmp_path / "none.net")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_no_change_of_bytes_does_more_than_raise(tmp_path_factory, place, change):
    content = bytearray(small()[2])
    place %= len(content)
    content[place : place + len(change)] = change
    path = tmp_path_factory.mktemp("net") / "changed.net"
    path.write_bytes(bytes(content))
    try:
        layers = read_deep_compression(path, SHAPES)
    except InputError:
        return
    for name, layer in layers.items():
        assert layer.decoded().shape == SHAPES[name]


def test_only_this_encoding_can_be_written():
    weight = np.eye(20, dtype=np.float32)
    with pytest.raises(InputError, match="'a' has 5-bit codes, 4-bit gaps"):
        deep_compression_bytes({"a": deep_compress(weight, 5, 4, False)})
    with pytest.raises(InputError, match="Huffman tables"):
        deep_compression_bytes({"a": deep_compress(weight, 8, 4, True)})
