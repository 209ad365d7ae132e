"""Every public name says what it returns and raises, with an example that runs and is right."""

import doctest
import inspect

import pytest

import sparsesim
from tests.cli.commands import modules_after

SLOW = {"pandas", "matplotlib", "torch", "onnx", "onnxruntime", "numba", "scipy", "numpy", "pydantic", "yaml"}

PLAIN = {"Result", "SparsesimError"}
"""A record and the error itself raise nothing."""


@pytest.mark.parametrize("name", sparsesim.__all__)
def test_a_public_name_has_a_docstring_with_an_example_that_holds(name):
    found = getattr(sparsesim, name)
    assert inspect.getdoc(found), f"{name} has no docstring"
    (test,) = doctest.DocTestFinder(recurse=False).find(found, name, globs={})
    shown = [example for example in test.examples if example.want]
    assert shown, f"the docstring of {name} has no example that shows a result"
    said = []
    failed, _ = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert not failed, "".join(said)


@pytest.mark.parametrize("name", sorted(set(sparsesim.__all__) - PLAIN))
def test_a_public_name_says_what_it_raises(name):
    words = inspect.getdoc(getattr(sparsesim, name))
    assert "Error" in words, name


def test_the_columns_of_compare_are_those_that_its_docstring_names():
    words = inspect.getdoc(sparsesim.compare)
    for column in sparsesim.compare("digits-cnn", "a100-pcie").columns:
        families = {"time_": "`time_RESOURCE_s`", "energy_": "`energy_PART_pj`", "dram_": "`dram_TENSOR_bytes`"}
        family = next((shown for prefix, shown in families.items() if column.startswith(prefix)), "")
        assert f"`{column}`" in words or (family and family in words), column


def test_importing_the_package_loads_nothing_heavy():
    loaded = modules_after("import sparsesim; dir(sparsesim)")
    assert not loaded & SLOW
    assert not any(name.startswith("sparsesim.") for name in loaded)


def test_all_names_are_sorted_and_found():
    assert sorted(sparsesim.__all__) == list(sparsesim.__all__)
    assert set(dir(sparsesim)) == {*sparsesim.__all__, "__version__"}
    with pytest.raises(AttributeError, match="no attribute 'simulte'"):
        sparsesim.simulte  # noqa: B018
