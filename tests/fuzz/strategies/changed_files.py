"""Files of every kind that is read, with their parts changed."""

import gzip
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from sparsesim.hardware import load_machine
from sparsesim.matmul import matmul_op
from sparsesim.simulation import Simulator
from sparsesim.tensors import DenseMatrix
from tests.fuzz.file import File
from tests.fuzz.judges import A
from tests.fuzz.strategies import descriptions
from tests.fuzz.strategies.array_files import hdf5_files, repacked, torch_files
from tests.fuzz.strategies.damage import damaged
from tests.fuzz.strategies.descriptions import shipped, tree
from tests.fuzz.strategies.matrix_files import (
    archive,
    bombs,
    matrix_markets,
)
from tests.fuzz.strategies.onnx_files import onnx_models
from tests.fuzz.strategies.trees import json_texts, yaml_texts


def described(*trees: Any, name: str = "file.yaml") -> st.SearchStrategy[File]:
    """A description with one place changed, or with bytes damaged."""
    structured = st.sampled_from(trees).flatmap(yaml_texts)
    raw = st.sampled_from([_dumped(each) for each in trees]).flatmap(damaged)
    return st.one_of(structured, structured, structured, raw).map(lambda content: File(name, content))


def _dumped(content: Any) -> bytes:
    import yaml

    return yaml.safe_dump(content, sort_keys=False).encode()


def machine_files() -> st.SearchStrategy[File]:
    shipped_ones = [shipped("hardware", name) for name in descriptions.SHIPPED_MACHINES]
    small = [tree(descriptions.SMALL_CPU)] * 4 + [tree(descriptions.BASED)] * 2
    return described(*small, *shipped_ones, name="machine.yaml")


def price_files() -> st.SearchStrategy[File]:
    return described(tree(descriptions.PRICES), shipped("energy", "horowitz-45nm"), name="prices.yaml")


def matrix_files(name: str, texts: st.SearchStrategy[bytes]) -> st.SearchStrategy[File]:
    raw = texts.flatmap(damaged).map(lambda content: File(f"m{name}", content))
    return st.one_of(texts.map(lambda content: File(f"m{name}", content)), raw)


def packed_markets() -> st.SearchStrategy[File]:
    packed = matrix_markets().map(lambda text: gzip.compress(text, mtime=0))
    return st.one_of(packed, packed.flatmap(damaged)).map(lambda content: File("m.mtx.gz", content))


def bomb_files() -> st.SearchStrategy[File]:
    return st.sampled_from(sorted(bombs())).map(lambda name: File(name, bombs()[name]))


def torch_cases() -> st.SearchStrategy[File]:
    whole = st.sampled_from(torch_files())
    return st.one_of(whole, whole.flatmap(repacked), whole.flatmap(damaged)).map(lambda data: File("net.pt", data))


def hdf5_cases() -> st.SearchStrategy[File]:
    plain = st.sampled_from(hdf5_files())
    h5 = st.one_of(plain, plain.flatmap(damaged)).map(lambda data: File("net.h5", data))
    inner = st.one_of(plain, plain.flatmap(damaged)).map(
        lambda data: File("net.keras", archive({"model.weights.h5": data}))
    )
    return st.one_of(h5, inner)


def onnx_cases() -> st.SearchStrategy[File]:
    whole = onnx_models().map(lambda model: model.SerializeToString())
    return st.one_of(whole, whole, whole, whole.flatmap(damaged)).map(lambda data: File("net.onnx", data))


def config_files() -> st.SearchStrategy[File]:
    texts = st.sampled_from(descriptions.CONFIGS).flatmap(json_texts)
    raw = st.sampled_from([json.dumps(each).encode() for each in descriptions.CONFIGS]).flatmap(damaged)
    return st.one_of(texts, texts, raw).map(lambda content: File("config.json", content))


CELLS = (
    "0",
    "-1",
    "1.5",
    "x",
    "",
    "2147483647",
    "2147483648",
    "9" * 30,
    "²",
    "1e3",
    "2:4",
    "5:4",
    "0:0",
    "1",
    "3",
    '"',
    "\0",
)


@st.composite
def tables(draw: st.DrawFn) -> File:
    """A topology of SCALE-Sim with a few cells changed."""
    convolutions = draw(st.booleans())
    head = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,"
    rows = [
        head.split(","),
        ["conv", "8", "8", "3", "3", "2", "4", "1", ""],
        ["fc", "1", "1", "1", "1", "6", "5", "1", ""],
    ]
    if not convolutions:
        rows = [
            ["Layer", "M", "N", "K", "Sparsity", ""],
            ["fc", "1", "2", "3", "2:4", ""],
            ["other", "4", "5", "6", "1:1", ""],
        ]
    for _ in range(draw(st.sampled_from((0, 1, 1, 2)))):
        row = draw(st.sampled_from(rows))
        if row:
            row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(CELLS))
    if draw(st.integers(0, 5)) == 0:
        del rows[draw(st.integers(0, len(rows) - 1))]
    content = "\n".join(",".join(row) for row in rows).encode()
    return File("net.csv", draw(damaged(content)) if draw(st.integers(0, 3)) == 0 else content)


@cache
def _records() -> list[dict[str, Any]]:
    op = matmul_op(A, DenseMatrix((8, 3)), "csr", "fp32")
    result = Simulator(load_machine("core-i7-5930k")).result(op).flat()
    return [{**result, "layer": str(number)} for number in range(3)]


@st.composite
def logs(draw: st.DrawFn) -> File:
    """Results as a run writes them, line by line, or as a table."""
    if draw(st.booleans()):
        lines = [json.dumps(record).encode() for record in _records()]
        lines[draw(st.integers(0, 2))] = draw(json_texts(_records()[0]))
        content = b"\n".join(lines) + b"\n"
        return File("log.jsonl", draw(damaged(content)) if draw(st.booleans()) else content)
    names = list(_records()[0])[:30]
    rows = [names, *([str(record[name]) for name in names] for record in _records())]
    for _ in range(draw(st.sampled_from((0, 1, 2)))):
        row = draw(st.sampled_from(rows))
        row[draw(st.integers(0, len(names) - 1))] = draw(st.sampled_from(CELLS))
    content = "\n".join(",".join(row) for row in rows).encode() + b"\n"
    return File("log.csv", draw(damaged(content)) if draw(st.booleans()) else content)


def named(strategy: Callable[[], st.SearchStrategy[bytes]], name: str) -> Callable[[], st.SearchStrategy[File]]:
    def files() -> st.SearchStrategy[File]:
        return st.one_of(strategy(), strategy(), strategy().flatmap(damaged)).map(lambda data: File(name, data))

    return files
