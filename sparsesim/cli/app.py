"""The commands, a line each. Only the one that is run is imported, so that each starts as fast as what it needs."""

from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command

from sparsesim.cli.groups import spread


class Command(NamedTuple):
    """Where a command lives (`module:function`), and its help in one line."""

    home: str
    help: str


COMMANDS: Final = {
    "run": Command("grid:run", "Run a sweep: networks x pruners x sparsities x formats x machines, on all cores."),
    "compare": Command("grid:compare", "Compare machines, formats and pruners on one network."),
    "matmul": Command("single:matmul", "Multiply two matrices from files: C = A x B (B defaults to A)."),
    "gemm": Command("single:gemm", "Simulate one GEMM by its sizes, as cuBLAS and cuSPARSELt tables list them."),
    "prune": Command("prune:prune", "Prune a network and write it as ONNX or NPZ."),
    "shrink": Command("shrink:shrink", "Make a network smaller: fewer channels, neurons and heads."),
    "merge": Command("merge:merge", "Merge similar neurons of chains of linear layers, without data."),
    "evaluate": Command("evaluate:evaluate", "Measure the accuracy of a network, pruned or not, on labelled samples."),
    "sensitivity": Command("sensitivity:sensitivity", "Prune one layer at a time and measure what accuracy it costs."),
    "compress": Command("compress:compress", "Store weights in fewer bits, at low rank or shared, with exact sizes."),
    "imbalance": Command("imbalance:imbalance", "Compare the speedup of real masks with that of uniform ones."),
    "tradeoff": Command("tradeoff:tradeoff", "Measure accuracy beside speedup and energy, for several prunings."),
    "validate": Command("validate:validate", "Compare the models with published and measured values."),
    "list": Command(
        "catalogue:list_names",
        "List machines, networks, energy tables, formats, pruners, samples, matrices or workloads.",
    ),
    "show": Command(
        "catalogue:show", "Show one machine, network, energy table, format, pruner, set of samples or matrix in full."
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
    own.command(name, context_settings=_HELP)(spread(getattr(import_module(f"sparsesim.cli.{module}"), function)))
    return get_command(own)


app = typer.Typer(
    name="sparsesim",
    cls=_Commands,
    context_settings=_HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _sparsesim() -> None:
    """How much faster, and how much less energy, is a pruned network on this hardware, and why?"""
