"""Fits the constants of the tensor-core machines on measured GEMM times, or cross-validates them.

    python fitting/tensor_core.py fit
    python fitting/tensor_core.py cross-validate -o FOLDER

`models/validation/tensor-core.yaml` lists the weights under `fitted` and what is fitted on them under `constants`.

`fit` prints a JSON line per card and number type: the constants that the shipped machines have, those fitted, and the
loss of both on these weights. The search starts from the shipped constants; those that are not listed stay.

`cross-validate` fits the constants without one weight shape after the other, and writes the errors of the products left
out to `tensor-core-cross-validation.csv` and their means to `tensor-core-cross-validation-means.csv`.

Both take minutes per card; they need the tables `reference/gemm24_CARD.csv` (see `sparsesim validate tensor-core`).
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from gemm_constants import Constants, MeasuredCard, fit, loss

from sparsesim.errors import InputError, SparsesimError
from sparsesim.validation import data_folder
from sparsesim.validation.tensor_core import TensorCores
from sparsesim.validation.tensor_core.tables import Point

Family = tuple[int, int]
"""Weights [N, K]; products with all numbers of tokens belong together."""


def measured_cards(reference: TensorCores, only: Sequence[str]) -> Iterator[MeasuredCard]:
    """All products of the cards and types whose constants were fitted, or of those named "CARD:TYPE" alone."""
    for batch in reference.tables.batches:
        first = batch.points[0]
        asked = not only or f"{first.card}:{first.dtype}" in only
        free = reference.published.gemm.constants.get(first.card, {}).get(first.dtype)
        if asked and free:
            yield MeasuredCard(batch.card, batch.dtype, batch.runs, batch.points, free, batch.written)


def fitted_constants(reference: TensorCores, measured: MeasuredCard, evaluations: int) -> dict[str, Any]:
    """Shipped constants and newly fitted ones, with their losses."""
    first = measured.points[0]
    chosen = measured.only(set(reference.published.gemm.fitted_on(first.card, first.dtype)))
    if not chosen.points:
        return {"card": first.card, "type": first.dtype, "products": 0}
    shipped = Constants.of(measured.card, measured.dtype)
    fitted = fit(chosen, shipped, measured.free, evaluations)
    return {
        "card": first.card,
        "type": first.dtype,
        "products": len(chosen.points),
        "shipped": {**shipped._asdict(), "loss": loss(chosen.errors(shipped))},
        "fitted": {**fitted._asdict(), "loss": loss(chosen.errors(fitted))},
    }


def folds(points: Sequence[Point]) -> list[set[Family]]:
    """Weights that are left out together: each with three products or more alone, the others in three groups."""
    counted: dict[Family, int] = {}
    for point in points:
        counted[point.n, point.k] = counted.get((point.n, point.k), 0) + 1
    single = sorted(family for family, count in counted.items() if count < 3)
    groups = [{family} for family in sorted(counted) if counted[family] >= 3]
    return [group for group in [*groups, *(set(single[place::3]) for place in range(3))] if group]


def cross_validate(measured: MeasuredCard, evaluations: int) -> Iterator[dict[str, Any]]:
    """Every product with its errors in percent by constants that were fitted without its weights.

    Every search starts from the constants of the shipped machines.
    """
    start, parts = Constants.of(measured.card, measured.dtype), folds(measured.points)
    first = measured.points[0]
    if len(parts) < 2:
        raise InputError(f"{first.card} {first.dtype}: cross-validation needs products with several weights")
    for number, left_out in enumerate(parts, 1):
        print(f"{first.card} {first.dtype}: part {number} of {len(parts)}", file=sys.stderr)
        held = measured.only(left_out)
        found = fit(measured.without(left_out), start, measured.free, evaluations)
        for point, (dense, sparse) in zip(held.points, held.errors(found), strict=True):
            assert point.ratio is not None
            yield {
                "card": point.card,
                "type": point.dtype,
                "m_tokens": point.m,
                "n": point.n,
                "k": point.k,
                "dense_error_pct": 100 * (np.exp(dense) - 1),
                "sparse_error_pct": 100 * (np.exp(sparse) - 1),
                "ratio_error_pct": 100 * (np.exp(dense - sparse) - 1),
                "sign_is_right": (point.ratio > 1) == (point.ratio * np.exp(dense - sparse) > 1),
                **found._asdict(),
            }


def write_errors(found: list[dict[str, Any]], folder: Path) -> list[Path]:
    """The errors of every product, and their means by card and type."""
    folder.mkdir(parents=True, exist_ok=True)
    single, means = (folder / f"tensor-core-cross-validation{part}.csv" for part in ("", "-means"))
    table = pd.DataFrame(found)
    table.to_csv(single, index=False)
    errors = table.set_index(["card", "type"]).filter(like="error_pct").abs()
    errors["sign_is_right_pct"] = 100.0 * table.set_index(["card", "type"])["sign_is_right"]
    errors.groupby(level=[0, 1]).mean().to_csv(means)
    return [single, means]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Constants of the tensor-core machines from measured GEMM times.")
    parser.add_argument("task", choices=["fit", "cross-validate"])
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder for the CSV files")
    parser.add_argument("--data", type=Path, help="folder of real data; else SPARSESIM_DATA")
    parser.add_argument(
        "--only", action="append", default=[], metavar="CARD:TYPE", help="A100:FP16, for example; repeatable"
    )
    parser.add_argument("--evaluations", type=int, help="of the loss in a search: 120 to fit, 90 to cross-validate")
    asked = parser.parse_args(arguments)
    try:
        reference = TensorCores(data_folder(asked.data), progress=lambda words: None)
        cards = list(measured_cards(reference, asked.only))
        if not cards:
            raise InputError("no table of a card and type whose constants were fitted is in the data folder")
        if asked.task == "fit":
            for measured in cards:
                print(json.dumps(fitted_constants(reference, measured, asked.evaluations or 120)))
        else:
            found = [record for measured in cards for record in cross_validate(measured, asked.evaluations or 90)]
            print("written:", *write_errors(found, asked.output))
    except SparsesimError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
