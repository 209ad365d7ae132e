"""The commands and where they live."""

import typer

from sparsesim.cli.catalogue import list_names, show
from sparsesim.cli.compress import compress
from sparsesim.cli.evaluate import evaluate
from sparsesim.cli.grid import compare, run
from sparsesim.cli.imbalance import imbalance
from sparsesim.cli.merge import merge
from sparsesim.cli.prune import prune
from sparsesim.cli.sensitivity import sensitivity
from sparsesim.cli.shrink import shrink
from sparsesim.cli.single import gemm, matmul
from sparsesim.cli.tradeoff import tradeoff
from sparsesim.cli.validate import validate

app = typer.Typer(
    name="sparsesim",
    help="How much faster, and how much less energy, is a pruned network on this hardware, and why?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run)
app.command()(compare)
app.command()(matmul)
app.command()(gemm)
app.command()(prune)
app.command()(shrink)
app.command()(merge)
app.command()(evaluate)
app.command()(sensitivity)
app.command()(compress)
app.command()(imbalance)
app.command()(tradeoff)
app.command()(validate)
app.command(name="list")(list_names)
app.command()(show)
