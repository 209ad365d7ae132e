"""Results before and after a change that must not alter any: record both, then compare.

    python tests/recorded_results.py record before     (in the old checkout)
    python tests/recorded_results.py record after      (in the new one)
    python tests/recorded_results.py compare before after

Recording takes about three minutes. References that need real data are recorded where SPARSESIM_DATA or
`../shared/data` has it. Wall-clock figures are ignored, and so is the last digit of floats, which depends on the order
of sums. Columns that were renamed show up as gone and new.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MACHINES = ("v100", "a100-pcie", "h100-pcie", "rtx-4090", "sparch", "core-i7-5930k", "titan-x", "sparseloop-stc")
ON_ALL = [word for name in MACHINES for word in ("-m", name)]
FORMATS = ["-f", "dense", "-f", "csr", "-f", "nm-2:4", "-f", "bitmap"]
PRUNERS = ["-p", "none", "-p", "magnitude", "-p", "2:4", "--on-violation", "dense"]
COMMANDS = {
    "quickstart": ["run", "quickstart", "-o", "quickstart-files", "--no-plots"],
    **{f"compare-{name}": ["compare", name, *ON_ALL, *FORMATS, *PRUNERS] for name in ("resnet50", "bert-base")},
    "gemm-fp16": ["gemm", "512", "4096", "4096", "--dtype", "fp16", "--sparsity", "2:4", *ON_ALL[:8]],
    "gemm-cold": ["gemm", "64", "1024", "1024", "--dtype", "fp16", "--cold", "--runs", "0", *ON_ALL[:8]],
    "imbalance": ["imbalance", "digits-cnn", "-s", "0.9", "-m", "a100-pcie", "-m", "sparch"],
    "compress-deep": ["compress", "digits-cnn", "--method", "deep-compression", "-p", "magnitude", "-s", "0.9"],
    "compress-int8": ["compress", "digits-cnn", "--method", "int8"],
    "prune": ["prune", "digits-cnn", "-p", "2:4", "--permute", "-o", "permuted.npz"],
    **{f"validate-{name}": ["validate", name] for name in ("networks", "deep-compression", "sparseloop")},
    **{f"validate-{name}": ["validate", name] for name in ("sparch", "spmm", "tensor-core")},
}
IGNORED = {"simulation_seconds", "file"}


def record(folder: Path) -> None:
    """The JSON output of every command, a file each; what was refused is recorded with its reason."""
    folder.mkdir(parents=True, exist_ok=True)
    program = Path(sys.executable).parent / "sparsesim"
    for name, words in COMMANDS.items():
        done = subprocess.run([program, *words, "--json"], cwd=folder, capture_output=True, text=True, check=False)
        (folder / f"{name}.jsonl").write_text(done.stdout if done.returncode == 0 else json.dumps(done.stderr))
        sys.stdout.write(f"{name}: {len(done.stdout.splitlines())} lines, exit {done.returncode}\n")


def compare(before: Path, after: Path) -> int:
    """Print every difference; how many there are."""
    total = 0
    for name in COMMANDS:
        first, second = (_read(folder / f"{name}.jsonl") for folder in (before, after))
        found = list(_differences(first, second, name))
        total += len(found)
        sys.stdout.write(f"{name}: {len(first)} lines, {len(found)} differences\n")
        sys.stdout.writelines(f"  {line}\n" for line in found[:10])
    return total


def _read(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _differences(first: Any, second: Any, place: str) -> Iterator[str]:
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted((first.keys() | second.keys()) - IGNORED):
            if key in first and key in second:
                yield from _differences(first[key], second[key], f"{place}.{key}")
            else:
                yield f"{place}.{key}: {'gone' if key in first else 'new'}"
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for number, pair in enumerate(zip(first, second, strict=True)):
            yield from _differences(*pair, f"{place}[{number}]")
    elif isinstance(first, float) and isinstance(second, float):
        if abs(first - second) > 1e-12 * max(abs(first), abs(second)):
            yield f"{place}: {first!r} -> {second!r}"
    elif first != second:
        yield f"{place}: {str(first)[:80]} -> {str(second)[:80]}"


if __name__ == "__main__":
    task, *folders = sys.argv[1:]
    if task == "record":
        record(Path(folders[0]).resolve())
    else:
        sys.exit(1 if compare(*map(Path, folders)) else 0)
