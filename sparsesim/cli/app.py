"""The commands, a line each. Only the one that is run is imported, so that each starts as fast as what it needs."""

from importlib import import_module
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command

from sparsesim.cli.interrupt import interruptible
from sparsesim.cli.running import running
from sparsesim.cli.words import CheckedCommand


class Command(NamedTuple):
    """Where a command lives (`module:function`), its help in one line, and an example of its use."""

    home: str
    help: str
    example: str


COMMANDS: Final = {
    "run": Command(
        "sweep:run",
        "Run a sweep: networks x pruners x sparsities x formats x machines, on all cores.",
        "run quickstart -o results",
    ),
    "results": Command(
        "results:results",
        "List, filter and export the points of a store, beside their baseline.",
        'results sweep.db --where "sparsity>=0.9" --sort seconds --csv -',
    ),
    "price": Command(
        "results:price",
        "Price the points of a store with another energy table, from their counts.",
        "price sweep.db --energy horowitz-45nm",
    ),
    "compare": Command(
        "grid:compare",
        "Compare machines, formats and pruners on one network.",
        "compare digits-cnn -p 2:4 -f dense -f nm-2:4 -m a100-pcie -m sparch",
    ),
    "matmul": Command(
        "single:matmul",
        "Multiply two matrices from files: C = A x B (B defaults to A).",
        "matmul rmat-1024 -m sparch -m titan-x",
    ),
    "gemm": Command(
        "single:gemm",
        "Simulate one GEMM by its sizes, as cuBLAS and cuSPARSELt tables list them.",
        "gemm 64 4096 4096 --sparsity 2:4 -f dense -f nm-2:4 -m a100-pcie",
    ),
    "prune": Command(
        "prune:prune",
        "Prune a network and write it as ONNX or NPZ.",
        "prune digits-cnn -p magnitude -s 0.9 -o pruned.onnx",
    ),
    "shrink": Command(
        "shrink:shrink",
        "Make a network smaller: fewer channels, neurons and heads.",
        "shrink digits-cnn -s 0.5 -o small.onnx",
    ),
    "merge": Command(
        "merge:merge",
        "Merge similar neurons of chains of linear layers, without data.",
        "merge chain.npz --keep ip1=150 -o merged.npz",
    ),
    "evaluate": Command(
        "evaluate:evaluate",
        "Measure the accuracy of a network, pruned or not, on labelled samples.",
        "evaluate digits-cnn -i digits -p 2:4",
    ),
    "sensitivity": Command(
        "sensitivity:sensitivity",
        "Prune one layer at a time and measure what accuracy it costs.",
        "sensitivity digits-cnn -i digits --max-drop 0.02 -o plan.yaml",
    ),
    "compress": Command(
        "compress:compress",
        "Store weights in fewer bits, at low rank or shared, with exact sizes.",
        "compress digits-cnn --method deep-compression -p magnitude -s 0.9",
    ),
    "imbalance": Command(
        "imbalance:imbalance",
        "Compare the speedup of real masks with that of uniform ones.",
        "imbalance digits-cnn -s 0.9 -m sparch -m titan-x",
    ),
    "tradeoff": Command(
        "tradeoff:tradeoff",
        "Measure accuracy beside speedup and energy, for several prunings.",
        "tradeoff digits-cnn -i digits -p magnitude@0.9 -p 2:4 -m a100-pcie",
    ),
    "explain": Command(
        "explain:explain",
        "Show what a run waits for, and what twice as much of each resource would gain.",
        "explain bert-base -m a100-pcie",
    ),
    "crossover": Command(
        "crossover:crossover",
        "Find the sparsity, batch or size at which one format or machine overtakes another.",
        "crossover csr@a100-pcie dense@a100-pcie --gemm 64x4096x4096",
    ),
    "explore": Command(
        "explore:explore",
        "Search for the machine fields or layer sparsities that are best for something.",
        "explore sparch-area --trials 50 --store sparch.db -o found",
    ),
    "validate": Command(
        "validate:validate", "Compare the models with published and measured values.", "validate sparseloop"
    ),
    "list": Command(
        "catalogue:list_names",
        "List machines, networks, energy tables, formats, pruners, samples, matrices, bottlenecks, columns, workloads.",
        "list machines",
    ),
    "show": Command(
        "catalogue:show",
        "Show one machine, network, energy table, format, pruner, set of samples or matrix in full.",
        "show machine a100-pcie",
    ),
}


_HELP: Final = {"help_option_names": ["-h", "--help"]}


class _Commands(TyperGroup):
    """Looks commands up in the table above.

    Contexts and formatters are those of the Click that Typer brings along, whose place differs between its versions.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _loaded(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        # The help of the whole is written from the table: it would otherwise import every command.
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in COMMANDS.items()])


def _loaded(name: str) -> Any:
    module, function = COMMANDS[name].home.split(":")
    own = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    example = f"sparsesim {COMMANDS[name].example}"
    declare = own.command(name, cls=CheckedCommand, context_settings=_HELP, epilog=example)
    with interruptible(at_once=False):
        found = import_module(f"sparsesim.cli.{module}")
    declare(running(name, getattr(found, function)))
    return get_command(own)


app = typer.Typer(
    name="sparsesim",
    cls=_Commands,
    context_settings=_HELP,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="SPARSESIM_TRACEBACK=1 in the environment shows where an internal error (exit code 70) happened.",
)


def _tell_version(asked: bool) -> None:
    if asked:
        from sparsesim import __version__

        typer.echo(f"sparsesim {__version__}")
        raise typer.Exit


@app.callback()
def _sparsesim(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """How much faster, and how much less energy, is a pruned network on this hardware, and why?"""
