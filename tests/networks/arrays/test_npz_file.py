"""Archives of NumPy: broken headers, sizes and memory, all found before a value is read."""

import warnings
import zipfile

import numpy as np
import pytest

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.networks import load_network, read_arrays
from tests.networks.arrays.archives import npy, npz, zeros_npz


def refused(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError) as caught:
            load_network(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: not a readable .npz file: ")
    assert "\n" not in message
    assert len(message) < 600
    return message


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (npy("(10**9, 10**9)".replace("10**9", "1000000000"), bytes(96)), ["shape", "1000000000", "takes 4"]),
        (npy("(4, 7)", bytes(96)), ["shape: (4, 7)", "takes 112 bytes, the entry has 96"]),
        (npy("(4, 5)", bytes(96)), ["takes 80 bytes, the entry has 96"]),
        (npy("(-4, -6)", bytes(96)), ["shape: (-4, -6): must be whole numbers"]),
        (npy("(True, 24)", bytes(96)), ["shape: (True, 24): must be whole numbers"]),
        (npy("(0, 9223372036854775808)", b""), ["shape", "can be counted"]),
        (npy("(4, 6.0)", bytes(96)), ["header"]),
        (npy("(4, 6)", bytes(96), dtype="'|O'"), ["Python objects are not read"]),
        (npy("", b"", header="{" * 5000), ["header"]),
        (npy("", b"", header="(" * 9000), ["header"]),
        (npy("", b"", header="{'descr': '<f4', 'fortran_order': False, 'shape': (4, 6), 'shape': 1in 2}"), ["header"]),
        (npy("(4, 6)", bytes(96), version=(9, 0)), ["header"]),
        (b"\x93NUMPY", ["header"]),
        (b"no array", ["header"]),
        (b"", ["header"]),
    ],
)
def test_broken_headers(tmp_path, content, parts):
    message = refused(npz(tmp_path / "net.npz", {"fc.weight.npy": content}))
    for part in ("array 'fc.weight'", *parts):
        assert part in message


def test_a_small_archive_of_many_zeros_is_refused_unread(tmp_path):
    path = zeros_npz(tmp_path / "net.npz", 256 << 20)
    assert path.stat().st_size < 300_000
    with ss.memory_budget(200_000_000):
        assert "unpacking it needs 268 MB of memory, more than the 200 MB" in refused(path)


def test_names_occur_once(tmp_path):
    content = npy("(4, 6)", bytes(96))
    assert "array 'fc' occurs twice" in refused(npz(tmp_path / "net.npz", {"fc.npy": content, "fc": content}))
    with zipfile.ZipFile(tmp_path / "two.npz", "w") as archive:
        archive.writestr("fc.npy", content)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("fc.npy", content)
    assert "array 'fc' occurs twice" in refused(tmp_path / "two.npz")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_all_at_once_are_refused(tmp_path, method):
    path = npz(tmp_path / "net.npz", {"fc.npy": npy("(4, 6)", bytes(96))}, method)
    assert "entry 'fc.npy': neither stored nor deflated" in refused(path)


def test_a_directory_that_lies_about_sizes(tmp_path):
    whole = npz(tmp_path / "net.npz", {"fc.npy": npy("(4, 6)", bytes(96))}, zipfile.ZIP_STORED).read_bytes()
    place = whole.rindex(b"PK\x01\x02")
    lied = bytearray(whole)
    lied[place + 24 : place + 28] = (2**31 - 1).to_bytes(4, "little")
    (tmp_path / "net.npz").write_bytes(lied)
    assert "entry 'fc.npy' claims 2147483647 bytes" in refused(tmp_path / "net.npz")


def test_versions_orders_and_types_are_read_as_before(tmp_path):
    values = np.arange(24, dtype=">f8").reshape(4, 6)
    fields = np.zeros(3, dtype=[("长", "<f4"), ("b", "<i2")])
    with pytest.warns(UserWarning, match="3"):
        np.savez(tmp_path / "net.npz", a=values, b=np.asfortranarray(values), c=fields, d=np.array("text"))
    arrays = read_arrays(tmp_path / "net.npz")
    assert np.array_equal(arrays["a"], values)
    assert np.array_equal(arrays["b"], values)
    assert str(arrays["d"]) == "text"
    assert load_network(tmp_path / "net.npz").layer("a").weight()[3, 5] == 23
