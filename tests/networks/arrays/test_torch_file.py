"""State dicts of PyTorch: tensors without plain values, and views that are larger than what is stored."""

import re
import zipfile

import numpy as np
import pytest

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.networks import load_network, read_arrays
from sparsesim.networks.arrays import torch_file

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


def saved(tmp_path, content, **options):
    path = tmp_path / "net.pt"
    torch.save(content, path, **options)
    return path


def refused(path):
    with pytest.raises(InputError) as caught:
        load_network(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def quantised():
    return torch.quantize_per_tensor(torch.ones(4, 6), 0.1, 3, torch.qint8)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (lambda: {0: torch.ones(4, 6)}, ["array 0: the name must be a text, found int"]),
        (lambda: {("a", 1): torch.ones(4, 6)}, ["the name must be a text, found tuple"]),
        (lambda: {"fc.weight": quantised()}, ["'fc.weight'", "type: torch.qint8: quantised tensors are not read"]),
        (lambda: {"fc.weight": torch.ones(4, 6, device="meta")}, ["'fc.weight'", "device: meta: it has no values"]),
        (lambda: {"fc.weight": torch.ones(1, 1).expand(60_000, 60_000)}, ["reading its tensors needs 14.4 GB"]),
        (lambda: {"fc.weight": torch.ones(1, 1).half().expand(2**20, 2**20)}, ["reading its tensors needs 4.4 TB"]),
        (
            lambda: {"fc.weight": torch.sparse_coo_tensor([[0], [0]], [1.0], (10**6, 10**6))},
            ["reading its tensors needs 4 TB"],
        ),
        (lambda: {"fc.weight": torch.sparse_coo_tensor([[0], [0]], [1.0], (2**31, 2**31))}, ["'fc.weight': shape"]),
        (lambda: [torch.ones(4, 6)], ["a state dict is needed, found list"]),
    ],
)
def test_what_is_no_dict_of_plain_tensors(tmp_path, content, parts):
    message = refused(saved(tmp_path, content()))
    for part in parts:
        assert part in message


def test_nested_tensors_are_refused(tmp_path):
    message = refused(saved(tmp_path, {"fc.weight": torch.nested.nested_tensor([torch.ones(2, 3), torch.ones(4, 3)])}))
    assert "net.pt: " in message


@pytest.mark.parametrize("legacy", [False, True])
def test_views_are_counted_as_arrays(tmp_path, legacy):
    path = saved(
        tmp_path,
        {"fc.weight": torch.ones(1, 1).half().expand(300, 1000)},
        _use_new_zipfile_serialization=not legacy,
    )
    with ss.memory_budget(1_199_999):
        assert "reading its tensors needs 1.2 MB of memory" in refused(path)
    with ss.memory_budget(1_200_000):
        assert load_network(path).n_params == 300_000


@pytest.mark.parametrize("sparse", ["to_sparse", "to_sparse_csr"])
def test_sparse_tensors_are_read_as_dense_ones(tmp_path, sparse):
    weight = torch.tensor([[0.0, 2, 0], [3, 0, 0]])
    arrays = read_arrays(saved(tmp_path, {"fc.weight": getattr(weight, sparse)()}))
    assert np.array_equal(arrays["fc.weight"], weight.numpy())


def test_archives_with_a_broken_end_are_refused(tmp_path):
    whole = saved(tmp_path, {"fc.weight": torch.ones(4, 6)}).read_bytes()
    place = whole.rindex(b"PK\x06\x07")  # where the end of archives of any size is; it says how many disks there are
    assert place > 0
    (tmp_path / "net.pt").write_bytes(whole[: place + 16] + b"\x09" + whole[place + 17 :])
    assert "net.pt: not a readable file of tensors" in refused(tmp_path / "net.pt")


def test_values_that_are_missing_are_not_made_up(tmp_path):
    with zipfile.ZipFile(saved(tmp_path, {"fc.weight": torch.ones(400, 600)})) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(tmp_path / "short.pt", "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content[:96] if name.endswith("data/0") else content)
    assert "short.pt: not a readable file of tensors" in refused(tmp_path / "short.pt")


def test_packed_archives_are_measured_before_they_are_unpacked(tmp_path):
    path = saved(tmp_path, {"fc.weight": torch.arange(600_000.0).reshape(300, 2000) * 0 + 3})
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(tmp_path / "packed.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with ss.memory_budget(2_000_000):
        assert "packed.pt: not a readable file of tensors: unpacking it needs 2.4 MB" in refused(tmp_path / "packed.pt")
    try:
        weight = load_network(tmp_path / "packed.pt").layers[0].weight()
    except InputError:
        return  # PyTorch may refuse it, but must not read packed bytes as values
    assert np.all(weight == 3)


@pytest.mark.parametrize("version", ["1.13.1", "2.4.0+cu121", "2.5.1"])
def test_versions_that_run_code_of_files_are_refused(tmp_path, monkeypatch, version):
    path = saved(tmp_path, {"fc.weight": torch.ones(4, 6)})
    monkeypatch.setattr(torch, "__version__", version)
    assert f"needs PyTorch 2.6 or later, found {version}" in refused(path)


@pytest.mark.parametrize("version", ["2.6.0", "2.6.0a0+git1", "2.13.0+cpu", "3.0", "10.1"])
def test_later_versions_are_taken(tmp_path, monkeypatch, version):
    path = saved(tmp_path, {"fc.weight": torch.ones(4, 6)})
    monkeypatch.setattr(torch, "__version__", version)
    assert load_network(path).n_params == 24


def test_the_extra_asks_for_the_same_version(repository):
    (extra,) = re.findall(r'^torch = \["torch>=([\d.]+)"', (repository / "pyproject.toml").read_text(), re.MULTILINE)
    assert tuple(map(int, extra.split("."))) == torch_file.OLDEST


def test_tensors_that_share_memory_still_do(tmp_path):
    weight = torch.ones(4, 6)
    network = load_network(saved(tmp_path, {"a.weight": weight, "b.weight": weight}))
    assert network.n_params == 24
