"""The guides name what exists, and what they show runs."""

import importlib.util
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from sparsesim.dtypes import dtype_by_name
from sparsesim.engines import ENGINES
from sparsesim.errors import InputError
from sparsesim.hardware import Kernel, load_energy_table, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.results import read_results
from sparsesim.simulation import simulate
from sparsesim.tensors import uniform
from tests.examples.test_readme import blocks
from tests.formats.test_contract import check_round_trip
from tests.machines import expected_product, product_of

GUIDES = ("CONTRIBUTING.md", "README.md", "docs/architecture.md")
ROOTS = (".", "sparsesim")
"""Paths are given from the root of the repository, in the page on architecture from the package."""

MADE_BY_USERS = {"models/validation/NAME.yaml", "NAME.yaml"}

every_guide = pytest.mark.parametrize("guide", GUIDES)


@pytest.fixture(scope="module")
def text_of(repository):
    return {guide: (repository / guide).read_text(encoding="utf-8") for guide in GUIDES}


@pytest.fixture(scope="module")
def sources(repository):
    files = [path for folder in ("sparsesim", "tests") for path in (repository / folder).rglob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def prose(text):
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def quoted(text):
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", prose(text))


def is_there(repository, path):
    """A path from one of the roots; a file that is named without a folder may lie anywhere below them."""
    if any((repository / root / path).exists() for root in ROOTS):
        return True
    return "/" not in path and any(any((repository / top).rglob(path)) for top in ("sparsesim", "tests"))


@every_guide
def test_paths_that_it_names_exist(guide, text_of, repository):
    text = text_of[guide]
    named = {word for word in quoted(text) if re.fullmatch(r"[\w./-]+(/|\.(py|md|yaml|ipynb))", word)}
    named |= set(re.findall(r"(?:docs|fitting|models|notebooks|sparsesim|tests|workloads)/[\w/.-]*\w", text))
    places = {name.rstrip(".") for name in named} - MADE_BY_USERS
    assert len(places) >= 4
    assert not [place for place in sorted(places) if not is_there(repository, place)]


@every_guide
def test_links_lead_somewhere(guide, text_of, repository):
    folder = (repository / guide).parent
    assert not [link for link in re.findall(r"\]\(([^)#:]+)\)", text_of[guide]) if not (folder / link).exists()]


@every_guide
def test_classes_functions_and_registries_that_it_names_are_defined(guide, text_of, sources):
    for word in quoted(text_of[guide]):
        if found := re.fullmatch(r"(?:\w+\.)?([A-Z]\w*[a-z]\w*|[A-Z][A-Z_]{4,}|[a-z]\w*(?=\())(\(.*\))?( ->.*)?", word):
            name = found[1].removesuffix("_NAME")  # draw_NAME stands for a function of every picture
            defined = (
                rf"(?m)^\s*(class|def) {name}(?:\b|_)|^{name}(:.*?)? = |import .*\b{name}\b|environ\.get\(\"{name}\""
            )
            assert re.search(defined, sources), word


@every_guide
def test_modules_that_it_names_can_be_imported(guide, text_of):
    for word in quoted(text_of[guide]):
        if re.fullmatch(r"sparsesim(\.[a-z_]+)+", word):
            package, _, name = word.rpartition(".")
            assert importlib.util.find_spec(word) or hasattr(importlib.import_module(package), name), word


def test_registries_and_definitions_are_where_the_table_says(text_of):
    places = re.findall(r"`(\w+)` in `([\w/]+)\.py`", text_of["CONTRIBUTING.md"])
    assert len(places) >= 14
    for name, path in places:
        module = importlib.import_module(path.removesuffix("/__init__").replace("/", "."))
        assert hasattr(module, name), f"{name} in {path}.py"


@pytest.fixture(scope="module")
def shown(text_of, tmp_path_factory):
    """The folder in which the guide was followed, and the names that its Python blocks left behind."""
    folder = tmp_path_factory.mktemp("guide")
    machine, table = blocks(text_of["CONTRIBUTING.md"], "yaml")
    (folder / "small-cpu.yaml").write_text(machine)
    (folder / "gpu-5nm.yaml").write_text(table)
    lines = [line for block in blocks(text_of["CONTRIBUTING.md"], "sh") for line in block.splitlines()]
    commands = [line.split()[1:] for line in lines if line.startswith("sparsesim ")]
    assert len(commands) == 3
    before, after = (words for words in commands if words[0] == "run")
    assert after == [word.replace("before", "after") for word in before]
    for words in commands:
        if words == after:  # many seconds, for what the command before has done already
            shutil.copytree(folder / "results" / "before", folder / "results" / "after")
            continue
        call = [sys.executable, "-c", "from sparsesim.cli import main; main()", *words]
        process = subprocess.run(call, cwd=folder, capture_output=True, text=True, check=False)
        assert process.returncode == 0, f"{words}: {process.stderr}"
    names = {"__name__": "guide"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in blocks(text_of["CONTRIBUTING.md"], "python"):
            exec(block, names)
    return folder, names


def test_the_format_of_the_guide_keeps_the_contract(shown):
    _, names = shown
    for shape in ((7, 9), (1, 1), (0, 4)):
        check_round_trip(names["Flat"](), uniform(*shape, 0.4, 0), dtype_by_name("fp16"))


def test_the_unit_of_the_guide_computes_and_runs_on_every_engine(shown):
    _, names = shown
    kernel = Kernel.model_construct(unit=names["RowMerger"](macs_per_cycle={"fp64": 4}))
    machine = load_machine("sparch").model_copy(update={"accelerator": kernel})
    a = uniform(30, 40, 0.2, 1)
    op, table = matmul_op(a, a.transposed, "csr", "fp64"), load_energy_table("horowitz-45nm")
    np.testing.assert_allclose(product_of(machine, op), expected_product(a, a.transposed), rtol=1e-9, atol=1e-9)
    cycles = {engine: simulate(op, machine, table, engine=engine).cycles for engine in ENGINES}
    assert cycles["fast"] == cycles["event"]
    assert cycles["lower-bound"] <= cycles["fast"] <= cycles["upper-bound"]


def test_the_importer_of_the_guide_reads_and_refuses(shown):
    folder, names = shown
    (folder / "net.txt").write_text("1 2 3\n4 5 6\n")
    (layer,) = names["network_from_text"](folder / "net.txt").layers
    np.testing.assert_array_equal(layer.weight(), [[1, 2, 3], [4, 5, 6]])
    (folder / "net.txt").write_text("one two\n")
    with pytest.raises(InputError, match="not a table of numbers"):
        names["network_from_text"](folder / "net.txt")


def test_the_machine_and_the_table_of_the_guide_load(shown):
    folder, _ = shown
    assert load_machine(folder / "small-cpu.yaml").name == "small-cpu"
    assert load_energy_table(folder / "gpu-5nm.yaml").name == "gpu-5nm"


def test_a_result_that_moved_is_noticed_as_the_guide_says(shown, text_of, monkeypatch):
    folder, _ = shown
    shutil.copytree(folder / "results", folder / "moved" / "results")
    path = folder / "moved" / "results" / "after" / "quickstart-layers.csv"
    table = read_results(path)
    row = table["energy_dram_pj"].idxmax()
    table.loc[row, "energy_dram_pj"] = np.nextafter(table.loc[row, "energy_dram_pj"], 0)
    table.to_csv(path, index=False)
    monkeypatch.chdir(folder / "moved")
    with pytest.raises(AssertionError, match="energy_dram_pj"):
        exec(blocks(text_of["CONTRIBUTING.md"], "python")[-1], {})
