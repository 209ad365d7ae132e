"""The command line: thin commands around the Python API; only the one that is run is imported."""

import sys

import typer

from sparsesim.cli.app import app
from sparsesim.cli.interrupt import INTERRUPTED, NOTHING_KEPT, Stopped, leave
from sparsesim.cli.leaving import failed, failed_to_write, misused, not_printed, refuse
from sparsesim.cli.outputs import Unwritten, mend_outputs
from sparsesim.cli.words import UsageError
from sparsesim.errors import FaultsError, SparsesimError


def main() -> None:
    """Entry point: errors that a user can cause become a line each on stderr and exit code 2, any other one and 70."""
    mend_outputs()
    try:
        code = app(prog_name="sparsesim", standalone_mode=False)
        sys.stdout.flush()
    except UsageError as error:
        misused(error)
    except typer.Abort:
        code = INTERRUPTED
    except Stopped as stopped:
        leave(str(stopped), stopped.code)
    except FaultsError as error:
        refuse(*error.faults)
    except SparsesimError as error:
        refuse(str(error))
    except OSError as error:
        failed_to_write(error)
    except Unwritten as error:
        not_printed(error)
    except MemoryError:
        refuse("this takes more memory than there is; use smaller operands")
    except Exception as error:
        failed(error)
    if code == INTERRUPTED:
        leave(f"interrupted: {NOTHING_KEPT}")
    sys.exit(code)
