"""Options that several commands share, alone and in groups, and the defaults that are lists."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from sparsesim.cli import completing
from sparsesim.cli.panels import NETWORK_FILE, OUTPUT, SAMPLES, SIMULATION
from sparsesim.cli.parse import named_sizes, whole_numbers

STANDARD_OUTPUT: Final = Path("-")
"""Where a table goes that another command reads."""
Csv = Annotated[
    Path | None,
    typer.Option("--csv", help="Write CSV to a file, or to - for standard output.", rich_help_panel=OUTPUT),
]

COMPARED_MACHINES: Final = ["a100-pcie", "h100-pcie", "sparch", "core-i7-5930k", "titan-x"]
IMBALANCE_MACHINES: Final = ["a100-sxm", "sparch", "core-i7-5930k", "titan-x"]
COMPARED_FORMATS: Final = ["dense", "csr", "bitmap", "nm-2:4"]
TRADEOFF_FORMATS: Final = ["dense", "csr", "nm-2:4"]

NetworkName = Annotated[
    str,
    typer.Argument(
        help="Network: a shipped name, or .onnx, .npz, .safetensors, .yaml.", autocompletion=completing.networks
    ),
]
RunnableNetwork = Annotated[
    str,
    typer.Argument(
        help="Network: digits-cnn, .onnx, or arrays with --architecture.", autocompletion=completing.networks
    ),
]

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.", rich_help_panel=OUTPUT)]
Machines = Annotated[
    list[str],
    typer.Option(
        "--machine", "-m", help="Machine by name or YAML file; repeatable.", autocompletion=completing.machines
    ),
]
Formats = Annotated[
    list[str],
    typer.Option(
        "--format", "-f", help="Storage format of the weights; repeatable.", autocompletion=completing.formats
    ),
]
Dtype = Annotated[
    str,
    typer.Option(
        "--dtype",
        help="Number type: fp64, fp32, tf32, fp16, bf16, fp8, int8 or int4; if left out, the one that fits.",
        autocompletion=completing.dtypes,
    ),
]
EnergyTableName = Annotated[
    str,
    typer.Option(
        "--energy-table",
        help="What actions cost: a table by name or YAML file, or own, each machine at its own technology. "
        "If left out, own for one machine and horowitz-45nm for several.",
        autocompletion=completing.prices,
        rich_help_panel=SIMULATION,
    ),
]
OutDtype = Annotated[
    str,
    typer.Option(
        "--out-dtype",
        help="Number type in which C is written, such as int32 or bf16; else as the operands.",
        autocompletion=completing.dtypes,
    ),
]
Batch = Annotated[int, typer.Option("--batch", "-b", help="Samples per batch on the machines.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything that is drawn.")]

PrunerName = Annotated[
    str,
    typer.Option("--pruner", "-p", help="Pruner by name, such as magnitude or 2:4.", autocompletion=completing.pruners),
]
Sparsity = Annotated[
    float | None, typer.Option("--sparsity", "-s", help="Share of the weights to prune, for pruners that need one.")
]
Criterion = Annotated[
    str, typer.Option("--criterion", help="How weights are scored: l2, wanda, random-7; by default as the pruner does.")
]
RoundTo = Annotated[int | None, typer.Option("--round-to", help="Keep a multiple of this many groups.")]
Layers = Annotated[str, typer.Option("--layers", help='Shell pattern of layer names, such as "fc*".')]
BatchSize = Annotated[int, typer.Option("--batch-size", help="Samples that are evaluated at a time.")]
Layout = Annotated[
    str,
    typer.Option(
        "--layout",
        help="Matrices in array files: out_in (default), in_out (Keras) or ohwi (TFLite).",
        rich_help_panel=NETWORK_FILE,
    ),
]


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """How products are simulated."""

    energy_table: EnergyTableName = ""
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            help="fast, event, lower-bound or upper-bound.",
            autocompletion=completing.one_of("fast", "event", "lower-bound", "upper-bound"),
            rich_help_panel=SIMULATION,
        ),
    ] = "fast"
    on_violation: Annotated[
        str,
        typer.Option(
            "--on-violation",
            help="Weights that no kernel takes: unpack (a broken pattern is still refused), refuse, or dense.",
            autocompletion=completing.one_of("unpack", "refuse", "dense"),
            rich_help_panel=SIMULATION,
        ),
    ] = "unpack"


@dataclass(frozen=True, kw_only=True)
class GraphFile:
    """What a file of weights does not say itself, where the network is run or its graph followed."""

    architecture: Annotated[
        str,
        typer.Option(
            "--architecture",
            help="Graph of a file of arrays, which gives sizes and strides: mlp or resnet-cifar.",
            rich_help_panel=NETWORK_FILE,
        ),
    ] = ""
    input_shape: Annotated[
        str,
        typer.Option(
            "--input-shape", help="Input of an ONNX graph or array file: 1,3,224,224.", rich_help_panel=NETWORK_FILE
        ),
    ] = ""
    layout: Layout = ""

    def options(self) -> dict[str, Any]:
        """As `load_network` takes them; only those that were given. Raises InputError that names the option."""
        shape = tuple(whole_numbers("--input-shape", self.input_shape, ",")) if self.input_shape else None
        given = {"input_shape": shape, "layout": self.layout, "architecture": self.architecture}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, kw_only=True)
class NetworkFile(GraphFile):
    """The same for networks of which sizes suffice."""

    size: Annotated[
        list[str],
        typer.Option(
            "--size",
            help="Input of convolutions in array files: HxW for all, or PATTERN=HxW; repeatable.",
            rich_help_panel=NETWORK_FILE,
        ),
    ] = field(default_factory=list)

    def options(self) -> dict[str, Any]:
        """Those of every file, and the sizes."""
        return ({"sizes": named_sizes(self.size)} if self.size else {}) | super().options()


@dataclass(frozen=True, kw_only=True)
class StoredSamples:
    """How samples are stored in a file, in the user's words."""

    inputs_key: Annotated[
        str, typer.Option("--inputs-key", help="Array of samples in that file.", rich_help_panel=SAMPLES)
    ] = "images"
    inputs_layout: Annotated[
        str, typer.Option("--inputs-layout", help="Stored samples: nchw, nhwc or flat.", rich_help_panel=SAMPLES)
    ] = "nchw"
    scale: Annotated[
        str, typer.Option("--scale", help="What samples are multiplied by: 0.5 or 1/255.", rich_help_panel=SAMPLES)
    ] = "1"
    mean: Annotated[
        str,
        typer.Option(
            "--mean", help="Subtracted after scaling: one number, or one per channel.", rich_help_panel=SAMPLES
        ),
    ] = ""
    std: Annotated[
        str,
        typer.Option("--std", help="Divided by after that: one number, or one per channel.", rich_help_panel=SAMPLES),
    ] = ""


@dataclass(frozen=True, kw_only=True)
class LabelledSamples(StoredSamples):
    """The file of samples, with their labels."""

    inputs: Annotated[
        Path,
        typer.Option(
            "--inputs", "-i", help="Samples and labels: digits, .npz or another array file.", rich_help_panel=SAMPLES
        ),
    ]
    labels_key: Annotated[
        str, typer.Option("--labels-key", help="Array of labels in that file; '' for none.", rich_help_panel=SAMPLES)
    ] = "labels"
