"""How long SpArch's model takes for products of up to 1e9 multiplies.

    python fitting/sparch_simulation_time.py -o FOLDER

writes `sparch-simulation-time.csv` and `.png`, as `sparsesim validate sparch -o FOLDER` does for smaller products. It
takes some minutes on one thread, and needs at least one of the matrices that `sparsesim validate sparch` asks for.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sparsesim.errors import SparsesimError
from sparsesim.report.validation import plot_simulation_time
from sparsesim.validation import data_folder
from sparsesim.validation.reference import Study
from sparsesim.validation.sparch import Sparch
from sparsesim.validation.sparch.tables import RMAT_SIDES, simulation_time_table

LONG_RMAT_SIDES = (2**16, 2**17, 2**18)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Simulation time of SpArch's model over the size of the product.")
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder for the CSV and PNG file")
    parser.add_argument("--data", type=Path, help="folder of real matrices; else SPARSESIM_DATA")
    parser.add_argument("--side", type=int, action="append", help="of an R-MAT matrix, instead of 512 to 262144")
    asked = parser.parse_args(arguments)
    try:
        reference = Sparch(data_folder(asked.data), progress=lambda words: None)
        names = reference.square_matrices
    except SparsesimError as error:
        parser.error(str(error))
    sides = tuple(asked.side) if asked.side else RMAT_SIDES + LONG_RMAT_SIDES
    table = pd.DataFrame(simulation_time_table(reference.runs, names, sides))
    asked.output.mkdir(parents=True, exist_ok=True)
    print("written:", *Study("simulation-time", table, plot_simulation_time).write(asked.output, reference.name))


if __name__ == "__main__":
    main()
