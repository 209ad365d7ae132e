"""`fitting/llm_decoding.py` on a handful of products whose times are the model's own."""

import re
import subprocess
import sys

from sparsesim.hardware import load_machine
from sparsesim.validation.llm_decoding.published import LlmDecodingValues
from sparsesim.validation.llm_decoding.runs import spmv_us
from sparsesim.validation.published import load_published

SHAPES = [(1024, 4096), (2048, 2048), (512, 8192), (4096, 1024), (256, 16384), (3000, 3000)]
DENSITIES = (0.1, 0.3, 0.5, 0.7, 1.0)


def test_constants_are_found_again(repository, tmp_path):
    values = load_published("llm-decoding", LlmDecodingValues)
    assert {values.is_fitted(*shape) for shape in SHAPES} == {True, False}
    folder = tmp_path / "reference" / "macko"
    folder.mkdir(parents=True)
    for card, given in values.cards.items():
        machine = load_machine(given.machine)
        lines = ["rows,cols,kernel,density,us"] + [
            f"{rows},{columns},{name},{density},"
            f"{spmv_us(machine, kernel, rows, columns, density, 'fp16') + kernel.around[card].overhead_us}"
            for name, kernel in values.kernels.items()
            for rows, columns in SHAPES
            for density in DENSITIES
        ]
        (tmp_path / given.table).write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [sys.executable, str(repository / "fitting/llm_decoding.py")],
        env={"SPARSESIM_DATA": str(tmp_path), "PYTHONPATH": str(repository), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    errors = [float(error) for error in re.findall(r"([\d.]+) % on", done.stdout)]
    assert len(errors) == 8  # fitted and other shapes of two kernels on two cards
    assert max(errors) < 0.5
