"""The command line: thin commands around the Python API; heavy imports happen inside them."""

import sys

from sparsesim.errors import SparsesimError


def main() -> None:
    """Entry point: errors that a user can cause become one line on stderr and exit code 2."""
    from sparsesim.cli.app import app

    try:
        app()
    except SparsesimError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
