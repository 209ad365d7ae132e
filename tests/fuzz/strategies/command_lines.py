"""Command lines: examples that work, with options added and words replaced, mostly by what makes no sense."""

from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st
from typer.main import get_command

from sparsesim.cli.app import COMMANDS, app
from tests.fuzz.strategies.descriptions import tree
from tests.fuzz.strategies.formats import format_texts
from tests.fuzz.strategies.trees import yaml_texts

EXAMPLES: dict[str, list[str]] = {
    "run": ["{sweep}", "-o", "{out}/results", "--no-plots"],
    "results": ["{store}"],
    "price": ["{store}", "--energy", "horowitz-45nm"],
    "compare": ["{chain}", "-m", "core-i7-5930k", "-f", "csr", "-p", "magnitude"],
    "matmul": ["{matrix}", "-m", "core-i7-5930k", "-f", "csr"],
    "gemm": ["8", "16", "32", "-m", "a100-pcie"],
    "prune": ["{chain}", "-p", "2:4", "-o", "{out}/pruned.npz"],
    "shrink": ["digits-cnn", "-s", "0.5", "-o", "{out}/small.onnx"],
    "merge": ["{chain}", "--keep", "ip1=5", "-o", "{out}/merged.npz"],
    "evaluate": ["digits-cnn", "-i", "{samples}"],
    "sensitivity": ["digits-cnn", "-i", "{samples}", "--ratios", "0,0.5", "--layers", "fc2"],
    "compress": ["{chain}", "--method", "int8"],
    "imbalance": ["{chain}", "-m", "core-i7-5930k"],
    "tradeoff": ["digits-cnn", "-i", "{samples}", "-p", "2:4", "-m", "a100-pcie", "-o", "{out}/tradeoff.png"],
    "explain": ["{chain}", "-m", "core-i7-5930k", "-f", "csr", "--no-endless"],
    "crossover": ["csr@a100-pcie", "dense@a100-pcie", "--gemm", "16x32x32", "--points", "2", "--resolution", "0.1"],
    "explore": ["{search}", "--trials", "2"],
    "validate": ["sparseloop"],
    "list": ["formats"],
    "show": ["machine", "sparch"],
}
OFTEN = ("gemm", "gemm", "matmul", "matmul", "compare", "prune", "compress", "merge", "imbalance", "show", "list")
OFTEN += ("crossover", "explain", "results", "price")
"""Commands that take a moment; the others come once for all of these."""

HOSTILE = (
    *(
        "0",
        "-1",
        "1",
        "2",
        "3",
        "0.5",
        "1.5",
        "-0.5",
        "1e3",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "0x10",
        "1_000",
        "²",
        "٣",
        "",
    ),
    *("2147483648", "9223372036854775808", "1" + 30 * "0", "9" * 5001, "1e999999999", "1/0", "1/3", "3/1e999999999"),
    *(
        " ",
        "a",
        "a=b",
        "=",
        "a=",
        "=1",
        "sparsity=abc",
        "sparsity=0.5",
        "format=dense",
        "layer=3",
        "x" * 300,
        "é",
        "\U0001f600",
    ),
    *(
        "nowhere.yaml",
        "nowhere.npz",
        "/dev/null",
        "/",
        ".",
        "..",
        "{out}",
        "{out}/x.exe",
        "{out}/no/such/x.npz",
        "{matrix}",
    ),
    *(
        "{samples}",
        "{chain}",
        "{sweep}",
        "{search}",
        "{store}",
        "2:4",
        "4:2",
        "0:0",
        "8x8",
        "8x",
        "x8",
        "ip1=5",
        "*",
        "[",
        "ip*",
        "0,0.5",
        "0,,1",
        "1,-1",
    ),
    *(
        "fp64",
        "int8",
        "fp0",
        "csr",
        "nm-2:4",
        "bsr-0x0",
        "sparch",
        "titan-x",
        "own",
        "horowitz-45nm",
        "event",
        "refuse",
        "dense",
    ),
    *(
        "magnitude",
        "filter",
        "wanda",
        "sparse-gpt-2:4",
        "low-rank-0",
        "low-rank-2",
        "int8",
        "vnm-64:2:16",
        "random-7",
        "l2",
    ),
)

PLAUSIBLE: dict[str, tuple[str, ...]] = {
    "--dtype": ("fp16", "fp32", "fp64", "int8", "int4"),
    "--out-dtype": ("fp32", "fp16", "int32"),
    "--machine": ("a100-pcie", "sparch", "core-i7-5930k", "sparseloop-stc", "h100-sxm"),
    "--format": ("dense", "csr", "nm-2:4", "bitmap", "relative-4"),
    "--engine": ("event", "lower-bound", "upper-bound", "fast"),
    "--on-violation": ("dense", "refuse", "unpack"),
    "--energy-table": ("own", "horowitz-45nm", "gpu-7nm"),
    "--seed": ("0", "7", "4294967296"),
    "--batch": ("1", "3", "16"),
    "--batch-size": ("1", "5"),
    "--runs": ("0", "1", "50"),
    "--sparsity": ("0", "0.5", "0.9", "2:4"),
    "--pruner": ("none", "magnitude", "2:4", "filter", "int8"),
    "--criterion": ("l1", "l2", "random-3"),
    "--round-to": ("1", "2"),
    "--layers": ("*", "ip*", "fc2"),
    "--activation-density": ("0.5", "1", "0.01"),
    "--activation-format": ("dense", "csr", "bitmap"),
    "--baseline": ("format=csr", "format=dense"),
    "--memory": ("1 GB", "100 MB"),
    "--layout": ("out_in", "in_out"),
    "--method": ("int8", "low-rank-2", "deep-compression"),
    "--ratios": ("0,0.5", "0.9"),
    "--scale": ("1", "1/255", "0.5"),
    "--store": ("{out}/kept.db", "{store}", "{out}/no/such/kept.db"),
    "--trials": ("1", "3"),
    "--where": ("sparsity>=0.5", "machine=core*", "status!=ok", "axis_batch<2", "seconds"),
    "--status": ("ok", "refused", "failed"),
    "--sort": ("seconds", "axis_batch", "energy_total_pj"),
    "--limit": ("0", "2"),
    "--columns": ("network,seconds", "energy_*", "point"),
    "--energy": ("horowitz-45nm", "gpu-7nm"),
    "--csv": ("-", "{out}/table.csv"),
    "--parquet": ("{out}/table.parquet",),
    "--over": ("sparsity", "batch", "size"),
    "--gemm": ("8x16x32", "SxSxS", "4xSx16"),
    "--network": ("{chain}",),
    "--matrix": ("{matrix}", "karate"),
    "--times": ("{matrix}",),
    "--from": ("0", "1", "0.5", "16"),
    "--to": ("0.9", "4", "64"),
    "--points": ("2", "3"),
    "--resolution": ("0.1", "1", "16"),
    "--figure": ("seconds", "energy"),
    "--band": ("0", "0.05"),
}
"""Values that options may well have."""

ONLY: dict[str, tuple[str, ...]] = {
    "--workers": ("1", "1", "0", "-1", "1025", "1e3", "nan", "", "²", "9" * 5001),
    "--scheduler": ("", " ", "0", "a", "é", "10.0.0.1", "tcp://", "tcp://10.0.0.1:a", "nowhere://x:1", "inproc://x"),
}
"""Values of options of which others would start processes, or wait for what does not answer."""
NEVER = ("--install-completion", "--show-completion")
"""Options that change the shell."""


class CommandLine(NamedTuple):
    """Words behind `sparsesim`, with placeholders for paths, and what the file of the sweep or search holds."""

    words: tuple[str, ...]
    description: bytes


@cache
def options(command: str) -> tuple[tuple[str, bool], ...]:
    """Options of a command, and whether they take a value."""
    group: Any = get_command(app)
    found = [param for param in group.get_command(None, command).params if param.opts[0].startswith("-")]
    return tuple((param.opts[0], not getattr(param, "is_flag", False)) for param in found)


SWEEP = """
name: tiny
networks: ["{chain}"]
pruners: [{name: magnitude, sparsity: 0.5}]
formats: [dense, csr]
machines: [core-i7-5930k]
batch: 1
engine: fast
baseline: {format: dense}
"""

SEARCH = """
name: tiny
matrices: ["{matrix}"]
formats: [csr]
machine: sparch
search: {machine: {accelerator.merge_ways: [2, 4, 8], accelerator.prefetch_lines: {linear: [16, 32, 3]}}}
objectives: {seconds: minimise, area_mm2: minimise}
constraints: ["seconds <= 1"]
trials: 3
"""

DESCRIPTIONS = {"run": SWEEP, "explore": SEARCH}
"""Files that are changed, of the commands that read them."""


@st.composite
def command_lines(draw: st.DrawFn) -> CommandLine:
    """A command with its example's words, of which some are replaced, and options with values of all kinds."""
    command = draw(st.one_of(*[st.sampled_from(OFTEN)] * 6, st.sampled_from(sorted(COMMANDS))))
    values = st.one_of(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE), format_texts(hostile=True))
    words = list(EXAMPLES[command])
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 1, 2)))):
        kind = draw(st.sampled_from(("replace", "replace", "drop", "add")))
        if kind == "add" or not words:
            words.append(draw(values))
        elif kind == "replace":
            words[draw(st.integers(0, len(words) - 1))] = draw(values)
        else:
            del words[draw(st.integers(0, len(words) - 1))]
    for _ in range(draw(st.sampled_from((0, 1, 1, 2)))):
        option, has_value = draw(st.sampled_from(options(command)))
        if option not in NEVER:
            usual = st.sampled_from(PLAUSIBLE.get(option, HOSTILE))
            given = st.sampled_from(ONLY[option]) if option in ONLY else st.one_of(usual, values)
            words += [option, draw(given)] if has_value else [option]
    if draw(st.booleans()):
        words.append("--json")
    changed = draw(yaml_texts(tree(DESCRIPTIONS[command]))) if command in DESCRIPTIONS else b""
    return CommandLine((command, *words), changed)
