"""Fit the constants of the SpMV kernels of RTX 4090 and RTX 3090, and what their benchmark adds.

    python fitting/llm_decoding.py

Needs the tables that `sparsesim validate llm-decoding` reads, in SPARSESIM_DATA or `../shared/data`. Prints constants
for models/hardware/rtx-*.yaml and models/validation/llm-decoding.yaml, and errors; writes nothing. Takes a minute.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import least_squares

from sparsesim.accelerators.gather_spmv import GatherSpmv
from sparsesim.hardware import Machine, load_machine
from sparsesim.validation import data_folder
from sparsesim.validation.data import DataFolder
from sparsesim.validation.llm_decoding.published import LlmDecodingValues, MeasuredKernel
from sparsesim.validation.llm_decoding.runs import TimesLine, spmv_traffic, spmv_us
from sparsesim.validation.measured_table import read_table
from sparsesim.validation.published import load_published

CONSTANTS = {
    "macko": ("dram_efficiency",),
    "cusparse-csr": ("dram_efficiency", "conflict_entries", "conflict_row", "conflict_growth"),
}
"""Of the kernel, by its name in the tables; beside them the time around it, and for MACKO what is written back."""


def with_constants(card: Machine, kernel: str, constants: dict[str, float]) -> Machine:
    """The card with other constants of a kernel or its unit."""
    made = card.library[kernel]
    unit = made.unit.model_copy(
        update={name: v for name, v in constants.items() if name in type(made.unit).model_fields}
    )
    changed = made.model_copy(update={"unit": unit, "dram_efficiency": constants["dram_efficiency"]})
    return card.model_copy(update={"kernels": {**card.library, kernel: changed}})


def fit(card_name: str, name: str, values: LlmDecodingValues, data: DataFolder) -> None:
    """Fit one kernel of one card on the shapes that are for it, and print constants and errors."""
    given, kernel = values.cards[card_name], values.kernels[name]
    card, path = load_machine(given.machine), data.file(given.table)
    if path is None:
        raise data.lacks(given.table, values.wanted, values.origin)
    lines = [line for line in read_table(path, TimesLine) if line.kernel == name]
    fitted = np.array([values.is_fitted(line.rows, line.columns) for line in lines])
    measured = np.array([line.us for line in lines])
    one = card.only(kernel.kernel)
    read = np.array([spmv_traffic(one, kernel, x.rows, x.columns, x.density, values.dtype)[1].a for x in lines])
    around = kernel.around[card_name]
    start = [_constant(card, kernel, constant) for constant in CONSTANTS[name]] + [around.overhead_us + 1]
    upper = [1.0] + [np.inf] * (len(start) - 1)
    if name == "macko":
        start += [around.written_back.per_byte, 0.9e-6 * around.written_back.size_bytes]
        gemm = card.library["gemm"].unit
        upper += [2.0, 1e-6 * gemm.l2.size_bytes]  # type: ignore[union-attr]

    def microseconds(point: Sequence[float], chosen: np.ndarray) -> np.ndarray:
        constants = dict(zip(CONSTANTS[name], point, strict=False))
        changed = with_constants(card, kernel.kernel, constants)
        some = [line for line, is_chosen in zip(lines, chosen, strict=True) if is_chosen]
        alone = [spmv_us(changed, kernel, x.rows, x.columns, x.density, values.dtype) for x in some]
        rest = point[len(constants) :]
        written = np.minimum(rest[1] * read[chosen], 1e6 * rest[2]) if len(rest) > 1 else 0.0
        bandwidth = card.dram.bandwidth_bytes_per_s * constants["dram_efficiency"]
        return np.array(alone) + rest[0] + 1e6 * written / bandwidth

    found = least_squares(
        lambda point: np.log(microseconds(point, fitted) / measured[fitted]),
        start,
        bounds=(0, upper),
        x_scale=np.maximum(np.abs(start), 0.1),
        diff_step=0.01,
    )
    error = 100 * np.abs(microseconds(found.x, np.ones(len(lines), bool)) / measured - 1)
    labels = (*CONSTANTS[name], "overhead_us", "per_byte", "size MB")
    print(card_name, name, *(f"{label} {value:.4g}" for label, value in zip(labels, found.x, strict=False)), sep=", ")
    print(f"  mean |error| {error[fitted].mean():.2f} % on fitted shapes, {error[~fitted].mean():.2f} % on others")


def _constant(card: Machine, kernel: MeasuredKernel, name: str) -> float:
    made = card.library[kernel.kernel]
    assert isinstance(made.unit, GatherSpmv)
    return float(getattr(made if name == "dram_efficiency" else made.unit, name))


def main() -> None:
    """Every kernel of every card."""
    values = load_published("llm-decoding", LlmDecodingValues)
    for card in values.cards:
        for name in CONSTANTS:
            fit(card, name, values, DataFolder(data_folder()))


if __name__ == "__main__":
    main()
