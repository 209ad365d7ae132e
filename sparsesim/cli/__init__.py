"""The command line: thin commands around the Python API; heavy imports happen inside them."""

import sys

from sparsesim.errors import SparsesimError


def main() -> None:
    """Entry point: errors that a user can cause become one line on stderr and exit code 2."""
    from sparsesim.cli.app import app

    try:
        app()
    except SparsesimError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.filename}: {error.strerror}")
    except MemoryError:
        _refuse("this takes more memory than there is; use smaller operands")
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)


def _refuse(reason: str) -> None:
    sys.stderr.write(f"error: {' '.join(reason.split())}\n")
    sys.exit(2)
