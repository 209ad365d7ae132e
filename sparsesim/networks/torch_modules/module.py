"""Networks from PyTorch modules in memory."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from sparsesim.errors import InputError
from sparsesim.networks.layer import Layer
from sparsesim.networks.network import Network
from sparsesim.networks.torch_modules.one_sample import Arguments, batch_sizes, check_one_sample
from sparsesim.networks.torch_modules.readers import Reader, Weights, readers
from sparsesim.networks.torch_modules.recording import Parameters, Product, layer_name, recorder
from sparsesim.places import one_line, within

if TYPE_CHECKING:
    import torch


class _Call(NamedTuple):
    """A call of a readable module with its first argument, or a product outside of such modules."""

    name: str
    module: Any = None
    given: Any = None
    product: Product | None = None


class _Example(NamedTuple):
    """The inputs that an exported program brings along."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


def network_from_torch(
    module: "torch.nn.Module | torch.export.ExportedProgram", sample: Any = None, *, name: str | None = None
) -> Network:
    """The layers of everything that one forward pass multiplies, in that order.

    Args:
        module: the network, or an exported program. Weights are copied; the module is left as it was found, and kept
            as `Network.graph`.
        sample: one sample, a batch of 1: a tensor, a tuple of arguments or a mapping of keyword arguments.
            Linear layers count every dimension between the first and the last as positions. Sequences may come
            without a batch or before it, as PyTorch's own modules take them. An exported program brings its own.
        name: name of the network, by default the module's class.

    Layers are Linear, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, LSTM and GRU modules, products of
    parameters that no such module computes (as inside MultiheadAttention), and products of two activations
    (attention), named after the module that computes them. 1-D convolutions become 2-D ones of height 1. A
    module that is called again becomes a layer `name#2`. Other parameters are counted in `other_params`, and
    matrices among them are listed in `notes`. Raises InputError for NaN or infinity, for a batch that is not 1
    (of exported linear layers on plain vectors it cannot be told from positions), for parameters without values, for
    whatever the module raises, and for a module that multiplies nothing.

    >>> import torch, sparsesim as ss
    >>> module = torch.nn.Sequential(torch.nn.Linear(16, 8), torch.nn.ReLU(), torch.nn.Linear(8, 4))
    >>> network = ss.network_from_torch(module, torch.zeros(1, 16), name="mlp")
    >>> [(layer.name, layer.weight_shape) for layer in network.layers]
    [('0', (8, 16)), ('2', (4, 8))]
    """
    import torch

    calls: list[_Call] = []
    if isinstance(module, torch.export.ExportedProgram):
        called = module.module()
        given = sample if sample is not None or module.example_inputs is None else _Example(*module.example_inputs)
        name = name or "ExportedProgram"
    else:
        called, given = module, sample
    if given is None:
        raise InputError("a sample is needed: one input of the module, with a batch of 1")
    arguments = _arguments(given)
    with within(f"module {name or type(module).__name__}"), _evaluating(called), torch.no_grad():
        parameters = Parameters(called)
        with _recorded(called, calls, parameters, batch_sizes(arguments)), _running():
            called(*arguments[0], **arguments[1])
        layers = tuple(_layers(calls, parameters))
        convolves = any(layer.kind.startswith("conv") for layer in layers)
        check_one_sample(called, arguments, convolves=convolves, exported=called is not module)
    for layer in layers:
        if layer.n_weights:
            layer.weight()
    held = {number for call in calls for number in _held(call)}
    return Network(
        name=name or type(module).__name__,
        layers=layers,
        weights_origin="imported",
        source=f"PyTorch {type(module).__module__}.{type(module).__qualname__}",
        input_description=_describe(given),
        notes=_notes(called, held),
        other_params=_other_params(called, held),
        graph=called,
    )


def _arguments(sample: Any) -> Arguments:
    if isinstance(sample, _Example):
        return sample.args, sample.kwargs
    if isinstance(sample, Mapping):
        return (), sample
    return (sample if isinstance(sample, tuple) else (sample,)), {}


@contextmanager
def _running() -> Iterator[None]:
    """What a module raises becomes InputError: the module, or its sample, is the user's."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # modules raise many kinds
        raise InputError(f"cannot be run on this sample: {type(error).__name__}: {one_line(error)}") from error


@contextmanager
def _recorded(
    module: "torch.nn.Module", calls: list[_Call], parameters: Parameters, batches: set[int]
) -> Iterator[None]:
    """Append every call of a readable submodule, and every product outside of these, while inside.

    `batches` are sizes of the input that attention must not have as its batch.
    """
    import torch

    handles: list[Any] = []
    inside: list[tuple[str, bool]] = []  # the modules that are being called, and whether they are readable
    for name, part in module.named_modules():
        if not isinstance(part, torch.jit.ScriptModule):
            handles += _hooks(name, part, inside, calls)

    def record(product: Product) -> None:
        place = inside[-1][0] if inside else ""
        ending = ".".join(filter(None, [place, product.ending]))
        calls.append(_Call(layer_name(product.parameter) if product.parameter else ending, product=product))

    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # it computes whole blocks in one operator
    try:
        with recorder(parameters, record, batches, lambda: any(readable for _, readable in inside)):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for handle in handles:
            handle.remove()


def _hooks(name: str, part: "torch.nn.Module", inside: list[tuple[str, bool]], calls: list[_Call]) -> list[Any]:
    readable = _reader(part) is not None

    def enter(_: Any, args: Any, kwargs: Any) -> None:
        inside.append((name, readable))

    def leave(called: Any, args: Any, kwargs: Any, result: Any) -> None:
        inside.pop()
        if readable and result is not None:  # it is None after an exception, which the module around may have caught
            given = args[0] if args else kwargs.get("input", next(iter(kwargs.values())))
            calls.append(_Call(name or type(called).__name__, called, given))

    return [
        part.register_forward_pre_hook(enter, with_kwargs=True),
        part.register_forward_hook(leave, with_kwargs=True, always_call=True),
    ]


@contextmanager
def _evaluating(module: "torch.nn.Module") -> Iterator[None]:
    """Evaluation mode while inside, so that normalisation statistics stay; each part's own mode afterwards.

    An exported program keeps the mode that it was exported in.
    """
    modes = [(part, part.training) for part in module.modules()]
    with suppress(NotImplementedError):
        module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


def _layers(calls: list[_Call], parameters: Parameters) -> Iterator[Layer]:
    """A module that is called twice keeps one copy of its weights, so that they count once."""
    copies: dict[int, Weights] = {}
    counts: dict[str, int] = {}
    for call in calls:
        name, module = call.name, call.module
        counts[name] = counts.get(name, 0) + 1
        unique = name if counts[name] == 1 else f"{name}#{counts[name]}"
        if call.product is not None:
            yield Layer(name=unique, **call.product.fields)
            continue
        reader = _reader(module)
        assert reader is not None
        if id(module) not in copies:
            copies[id(module)] = reader.weights(name, module, parameters.copied)
        for ending, fields in copies[id(module)].items():
            yield Layer(name=unique + ending, **fields, **reader.sizes(unique, module, call.given))


def _reader(module: "torch.nn.Module") -> Reader | None:
    return next((reader for kind, reader in readers().items() if isinstance(module, kind)), None)


def _held(call: _Call) -> Iterator[int]:
    """The parameters that the layers of a call hold."""
    if call.product is not None:
        yield from call.product.held
    else:
        yield from (id(parameter) for parameter in call.module.parameters())


def _describe(sample: Any) -> str:
    parts: Iterable[Any] = sample if isinstance(sample, tuple) else (sample,)
    if isinstance(sample, _Example):
        parts = (*sample.args, *sample.kwargs.values())
    elif isinstance(sample, Mapping):
        parts = sample.values()
    return ", ".join(" x ".join(str(size) for size in getattr(part, "shape", ())) for part in parts)


def _notes(module: "torch.nn.Module", held: set[int]) -> str:
    """A note on modules whose weight matrices belong to no layer."""
    left_out = [
        f"{name or 'itself'} ({type(part).__name__}, {sum(weights)} weights)"
        for name, part in module.named_modules()
        if (weights := [p.numel() for p in part.parameters(recurse=False) if p.ndim > 1 and id(p) not in held])
    ]
    return f"not counted: {', '.join(left_out)}" if left_out else ""


def _other_params(module: "torch.nn.Module", held: set[int]) -> dict[str, int]:
    """Parameters that no layer holds, by the class of their module."""
    counts: dict[str, int] = {}
    for part in module.modules():
        for parameter in part.parameters(recurse=False):
            if id(parameter) not in held and parameter.numel():
                counts[type(part).__name__] = counts.get(type(part).__name__, 0) + parameter.numel()
                held = held | {id(parameter)}
    return counts
