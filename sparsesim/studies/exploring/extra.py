"""The package that searches, which nothing else needs."""

from typing import Any

from sparsesim.errors import InputError


def optuna_module() -> Any:
    """Optuna, told to keep its remarks to itself; InputError with the extra to install where it is missing."""
    try:
        import optuna
    except ImportError as error:
        raise InputError("a search needs Optuna: pip install 'sparsesim[explore]'") from error
    if not hasattr(optuna.trial.Trial, "set_constraint"):
        raise InputError(f"a search needs Optuna 5, found {optuna.__version__}: pip install 'sparsesim[explore]'")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
