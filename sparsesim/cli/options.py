"""Options that several commands share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per run instead of a table.")]
Machines = Annotated[list[str], typer.Option("--machine", "-m", help="Machine by name or YAML file; repeatable.")]
Formats = Annotated[list[str], typer.Option("--format", "-f", help="Storage format of A; repeatable.")]
Dtype = Annotated[str, typer.Option("--dtype", help="Number type: fp64, fp32, tf32, fp16, bf16, fp8, int8 or int4.")]
Energy = Annotated[str, typer.Option("--energy-table", help="Energy table by name or YAML file.")]
Engine = Annotated[str, typer.Option("--engine", help="fast, event, lower-bound or upper-bound.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of everything that is drawn.")]
Fallback = Annotated[
    str, typer.Option("--on-violation", help="What a 2:4 machine does with another pattern: refuse or dense.")
]
Sizes = Annotated[
    list[str],
    typer.Option("--size", help="Input of convolutions in array files: HxW for all, or PATTERN=HxW; repeatable."),
]
InputShape = Annotated[str, typer.Option("--input-shape", help="Input of an ONNX graph or array file: 1,3,224,224.")]
Architecture = Annotated[
    str,
    typer.Option(
        "--architecture", help="Graph of a file of arrays, which gives sizes and strides: mlp or resnet-cifar."
    ),
]
Layout = Annotated[
    str, typer.Option("--layout", help="Matrices in array files: out_in (default), in_out (Keras) or ohwi (TFLite).")
]
