import pytest

from sparsesim import shipped
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.shipped import shipped_file, shipped_folder, shipped_names


def test_a_checkout_is_found_beside_the_package(repository):
    assert shipped_folder("models/networks") == repository / "models" / "networks"
    assert "alexnet" in shipped_names("models/networks", ".yaml")
    assert shipped_file("network", "alexnet", "models/networks", ".yaml").is_file()


def test_an_installed_package_carries_its_data_and_ignores_what_stands_beside_it(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "sparsesim"
    (package / "_shipped" / "models").mkdir(parents=True)
    (package / "_shipped" / "models" / "one.yaml").write_text("a: 1")
    (tmp_path / "site-packages" / "workloads").mkdir()
    monkeypatch.setattr(shipped, "_PACKAGE", package)
    assert shipped_names("models", ".yaml") == ["one"]
    with pytest.raises(InputError, match="'workloads' is missing"):
        shipped_folder("workloads")


def test_an_unknown_name_gets_suggestions():
    with pytest.raises(UnknownNameError, match="unknown network 'alexnt': did you mean alexnet"):
        shipped_file("network", "alexnt", "models/networks", ".yaml")


@pytest.mark.parametrize("name", ["../networks/alexnet", "/etc/passwd", "..", "", "networks/../alexnet"])
def test_no_name_leaves_its_folder(name):
    with pytest.raises(UnknownNameError):
        shipped_file("network", name, "models/networks", ".yaml")


@pytest.mark.parametrize("folder", ["../main", "/tmp", "models/../.."])
def test_no_folder_outside_is_looked_into(folder):
    with pytest.raises(InputError, match="not a folder inside"):
        shipped_folder(folder)
