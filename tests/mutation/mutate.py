"""Puts one fault at a time into a copy of the package, and sees whether a test fails.

    python tests/mutation/mutate.py --seed 0 --count 60                 # about 12 minutes on one idle core
    python tests/mutation/mutate.py --seed 1 --count 20 --package report
    python tests/mutation/mutate.py --count 60 --output mutants.json    # or mutants.md

Faults are drawn by seed, evenly from packages and kinds. Each is put into a copy of the checkout in a temporary folder,
where the tests of its package run until one fails: 5 to 15 s for a fault that is found, up to 25 s for one that is not.
A fault that no test finds is printed as "survived". It wants a test that tells what a reader of the figure would
notice or, if nobody could notice anything, an entry in `explained.yaml`; with neither, the exit code is 1. Tests do not
collect this file.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))  # as a script, this file does not see its neighbour otherwise

from tests.mutation.proposals import Mutant, proposed  # noqa: E402

EXPLAINED = Path(__file__).with_name("explained.yaml")
LEFT_OUT = (".*", "notebooks", "docs")
LEAST_LIMIT_S = 60.0

READ = "tests/test_what_users_read.py"
PACKAGES = {
    "simulation": (
        ["simulation.py", "products.py"],
        [READ, "tests/test_simulation.py", "tests/test_products.py", "tests/hardware/test_power.py"],
    ),
    "results": (["results"], ["tests/results"]),
    # Left out are tests that draw every picture once more, to see what becomes of files, settings and tables.
    "report": (["report"], ["tests/report", "-k", "not is_saved_where and not no_figure_open and not as_it_was"]),
    "hardware": (["hardware"], ["tests/hardware", READ]),
    "lowering": (["lowering"], ["tests/lowering", READ]),
}
"""Modules and folders below `sparsesim/`, and the tests that concern them, as pytest takes them."""

Record = dict[str, Any]


def drawn(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """Up to `count` of them: one of every kind, then another of every kind, and so on."""
    by_kind: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in random.Random(seed).sample(mutants, len(mutants)):
        by_kind[mutant.kind].append(mutant)
    rounds = [(turn, mutant) for found in by_kind.values() for turn, mutant in enumerate(found)]
    return [mutant for _, mutant in sorted(rounds, key=lambda entry: entry[0])][:count]


class Copy:
    """A copy of a checkout, compiled kernels included, in a folder of its own."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        self.root = folder / "checkout"
        ignored = shutil.ignore_patterns(*LEFT_OUT)
        # Times of change are kept: by them Numba tells whether a kernel must be compiled again.
        shutil.copytree(checkout, self.root, ignore=lambda at, names: ignored(at, names) if at == str(checkout) else [])
        data = os.environ.get("SPARSESIM_DATA", str(checkout.parent / "shared" / "data"))
        own = {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1", "SPARSESIM_DATA": data}
        self._environment = os.environ | own

    def tested(self, tests: Sequence[str], limit_s: float | None = None) -> tuple[str, str]:
        """("survived", ""), ("timeout", ""), or ("killed", the test that failed first)."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "-p", "no:cacheprovider", *tests]
        where: Any = {"cwd": self.root, "env": self._environment}
        try:
            process = subprocess.run(command, **where, capture_output=True, text=True, timeout=limit_s, check=False)
        except subprocess.TimeoutExpired:
            return "timeout", ""
        if process.returncode == 0:
            return "survived", ""
        failed = re.search(r"^(?:FAILED|ERROR) (\S+)", process.stdout, re.MULTILINE)
        return "killed", failed.group(1) if failed else "import"

    def with_fault(self, mutant: Mutant, tests: Sequence[str], limit_s: float | None = None) -> Record:
        """What becomes of one mutant; its file is put back as it was."""
        path = self.root / "sparsesim" / mutant.file
        source, before = path.read_bytes(), path.stat()
        path.write_bytes(mutant.applied(source))
        try:
            outcome, test = self.tested(tests, limit_s)
        finally:
            path.write_bytes(source)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return {**mutant.described(source), "outcome": outcome, "test": test}


def tried(package: str, count: int, seed: int, copy: Copy, explained: Sequence[Record]) -> list[Record]:
    """Records of `count` mutants of one package, printed as they come."""
    modules, tests = PACKAGES[package]
    start = time.perf_counter()
    outcome, test = copy.tested(tests)
    if outcome != "survived":
        sys.exit(f"{test or tests} fails without any fault")
    limit_s = max(LEAST_LIMIT_S, 5 * (time.perf_counter() - start))
    records = []
    for mutant in drawn(proposed(copy.root / "sparsesim", modules), count, seed):
        record = {"package": package, **copy.with_fault(mutant, tests, limit_s)}
        keys = ("file", "before", "after")
        reasons = [entry["reason"] for entry in explained if all(entry[key] == record[key] for key in keys)]
        if record["outcome"] == "survived" and reasons:
            record |= {"outcome": "explained", "reason": reasons[0]}
        records.append(record)
        print("{outcome:9} {file}:{line} {kind}\n    - {before}\n    + {after}".format(**record), flush=True)
    return records


def summary(records: Sequence[Record]) -> str:
    """A Markdown table: how many mutants of each package had which outcome."""
    outcomes = ("killed", "timeout", "explained", "survived")
    lines = ["| package | mutants | " + " | ".join(outcomes) + " |", "|---" * (2 + len(outcomes)) + "|"]
    names = list(dict.fromkeys(record["package"] for record in records))
    for name in (*names, "all"):
        found = Counter(record["outcome"] for record in records if name in ("all", record["package"]))
        lines.append(f"| {name} | {found.total()} | " + " | ".join(str(found[outcome]) for outcome in outcomes) + " |")
    return "\n".join(lines)


def written(records: Sequence[Record], path: Path) -> None:
    """All records, as JSON or as a Markdown table by the suffix of the path."""
    if path.suffix == ".json":
        path.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n")
        return
    names = ("outcome", "file", "line", "kind", "before", "after", "test")
    rows = [[str(record[name]).replace("|", "\\|") for name in names] for record in records]
    table = ["| " + " | ".join(row) + " |" for row in [list(names), ["---"] * len(names), *rows]]
    path.write_text(summary(records) + "\n\n" + "\n".join(table) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Which faults do the tests not find?")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=60, help="mutants of all packages together")
    parser.add_argument("--package", action="append", choices=PACKAGES, help="may be given again; all if left out")
    parser.add_argument("--output", type=Path, help="a .json or .md file for every mutant")
    options = parser.parse_args()
    packages = options.package or list(PACKAGES)
    explained = yaml.safe_load(EXPLAINED.read_text()) or []
    records: list[Record] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(REPOSITORY, Path(folder))
        for number, package in enumerate(packages):
            share = options.count // len(packages) + (number < options.count % len(packages))
            records += tried(package, share, options.seed, copy, explained)
    print("\n" + summary(records))
    if options.output:
        written(records, options.output)
    return int(any(record["outcome"] == "survived" for record in records))


if __name__ == "__main__":
    sys.exit(main())
