"""What a PyTorch module does, as torch.export sees it, and what torch itself counts of it."""

from __future__ import annotations

import copy
import gc
import inspect
import io
import logging
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import torch
from torch import fx, nn

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.layers.shapes import BATCH_NAME, Shape, dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import number_at, substitute
from cnncalc.torch_bridge.verifying.measure import Counter


class TracedInput(NamedTuple):
    """An input of the module: its name where it goes by one, its whole shape, and its type."""

    name: str | None
    shape: Shape
    dtype: torch.dtype

    def at(self, sizes: Mapping[str, int], device: str) -> torch.Tensor:
        """A tensor of this shape."""
        shape = [number_at(dim, sizes) for dim in self.shape]
        if self.dtype.is_floating_point or self.dtype.is_complex:
            return torch.empty(shape, dtype=self.dtype, device=device)
        return torch.zeros(shape, dtype=self.dtype, device=device)


class Figures(NamedTuple):
    """What torch counts of a module."""

    params: int
    buffers: int
    outputs: list[tuple[int, ...]]
    macs: int


class Captured(NamedTuple):
    """A module as a graph of torch's operators."""

    module: nn.Module  # without data
    graph: fx.Graph
    owned: dict[str, tuple[str, str]]  # placeholder -> (parameter, buffer or constant; its name in the module)
    inputs: list[str]  # the placeholders of the inputs
    outputs: list[tuple[str, Any]]  # names with their nodes
    sizes: dict[str, int]  # the sizes that the graph was captured at
    left_out: list[str]  # the classes of outputs that are neither tensors nor made of them


def without_data(module: nn.Module) -> nn.Module:
    """A copy in eval mode whose tensors are shapes alone. The original is left as it is."""
    return _moved(module, "meta")


def held(module: nn.Module) -> Iterator[torch.Tensor]:
    """The tensors of a module: parameters, buffers, and attributes that are neither."""
    for inner in module.modules():
        for values in (inner._parameters, inner._buffers, vars(inner)):
            yield from (value for value in values.values() if isinstance(value, torch.Tensor))


def _moved(module: nn.Module, device: str) -> nn.Module:
    """A copy in eval mode with other tensors of the same shapes, on a device."""
    memo: dict[int, Any] = {}
    for tensor in held(module):
        other = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
        if device != "meta":  # zeros, as whatever memory holds may be sizes
            other = torch.zeros_like(other, device=device)
        parameter = isinstance(tensor, nn.Parameter)
        memo[id(tensor)] = nn.Parameter(other, requires_grad=False) if parameter else other
    with torch.no_grad():
        return copy.deepcopy(module, memo).eval()


@contextmanager
def quiet() -> Iterator[None]:
    """torch warns of much that is its own affair, and logs and prints each failure.

    What a model prints goes to standard error, as it is no result.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextmanager
def in_haste() -> Iterator[None]:
    """Without what takes a third of a capture's time: collecting garbage, and noting the source line of each call."""
    config = torch.fx.config
    collected, traced = gc.isenabled(), getattr(config, "do_not_emit_stack_traces", None)
    gc.disable()
    if traced is not None:  # newer torches have it
        config.do_not_emit_stack_traces = True
    try:
        yield
    finally:
        if collected:
            gc.enable()
        if traced is not None:
            config.do_not_emit_stack_traces = traced


def arguments(
    given: Sequence[TracedInput], sizes: Mapping[str, int], device: str
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The inputs as a call takes them: by position, and by name."""
    positions = tuple(one.at(sizes, device) for one in given if one.name is None)
    return positions, {one.name: one.at(sizes, device) for one in given if one.name is not None}


def capture(module: nn.Module, given: Sequence[TracedInput], sizes: dict[str, int], device: str) -> Captured:
    """The graph of a module in eval mode. Raises what torch raises."""
    args, kwargs = arguments(given, sizes, device)
    left_out: dict[str, None] = {}
    if isinstance(module, torch.jit.ScriptModule):
        raise TypeError("torch.export takes no ScriptModule")
    hook = module.register_forward_hook(lambda _module, _args, result: tensors_of(result, left_out))
    try:
        with quiet(), torch.no_grad(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), in_haste():
            program = torch.export.export(module, args, kwargs or None, strict=False)
    finally:
        hook.remove()
    signature = program.graph_signature
    kinds = torch.export.graph_signature.InputKind
    words = {kinds.PARAMETER: "parameter", kinds.BUFFER: "buffer", kinds.CONSTANT_TENSOR: "constant"}
    owned: dict[str, tuple[str, str]] = {}
    inputs: list[str] = []
    for spec in signature.input_specs:
        if spec.kind in words:
            owned[spec.arg.name] = (words[spec.kind], spec.target or spec.arg.name)
        elif spec.kind == kinds.USER_INPUT:
            inputs.append(spec.arg.name)
    mutated = sum(spec.kind != torch.export.graph_signature.OutputKind.USER_OUTPUT for spec in signature.output_specs)
    (output,) = [node for node in program.graph.nodes if node.op == "output"]
    flat = list(output.args[0])[mutated:]
    outputs = list(zip(output_names(program, len(flat)), flat))
    return Captured(module, program.graph, owned, inputs, outputs, sizes, list(left_out))


def tensors_of(result: Any, left_out: dict[str, None]) -> Any:
    """What a module gives without objects that torch cannot look into, such as a cache; their classes are added."""
    from torch.utils import _pytree as pytree

    def kept(leaf: Any) -> Any:
        if leaf is None or isinstance(leaf, torch.Tensor | bool | int | float | str):
            return leaf
        left_out[type(leaf).__name__] = None
        return None

    return pytree.tree_map(kept, result)


def output_names(program: Any, count: int) -> list[str]:
    """`output`, `output2`; where a dictionary goes out, its keys."""
    from torch.utils import _pytree as pytree

    spec = program.call_spec.out_spec
    names: list[str] = []
    if spec is not None and spec.num_leaves == count:
        tree = pytree.tree_unflatten(list(range(count)), spec)
        try:
            paths = pytree.tree_flatten_with_path(tree)[0]
        except ValueError:  # a class of the model's own, whose fields torch is not told the names of
            paths = []
        for path, _ in paths:
            keys = [str(key.key) for key in path if isinstance(key, pytree.MappingKey)]
            names.append("_".join(key if key.isidentifier() else "" for key in keys).strip("_"))
    names = names or [""] * count
    plain = [f"output{i + 1}" if i else "output" for i in range(count)]
    named = [name or plain[i] for i, name in enumerate(names)]
    return named if len(set(named)) == count else plain


def figures(
    module: nn.Module,
    given: Sequence[TracedInput],
    sizes: Mapping[str, int],
    device: str,
    unseen: list[str] | None = None,
) -> Figures:
    """What torch counts when it runs the module. Operators that it has no count for are added to `unseen`.

    Raises what torch raises.
    """
    from torch.utils import _pytree as pytree

    args, kwargs = arguments(given, sizes, device)
    counter = Counter()
    before = elements(module)  # some make buffers larger as they run
    with quiet(), counter.mode, redirect_stdout(io.StringIO()):
        result = module(*args, **kwargs)
    if unseen is not None:
        unseen += counter.unseen
    outputs = [tuple(leaf.shape) for leaf in pytree.tree_leaves(result) if isinstance(leaf, torch.Tensor)]
    return Figures(*before, outputs, counter.mode.get_total_flops() // 2)


def counted(
    module: nn.Module, given: Sequence[TracedInput], sizes: dict[str, int], unseen: list[str] | None = None
) -> Figures:
    """`figures`; of what torch records, or on zeros, for a module without data that looks at values.

    Raises what torch raises.
    """
    device = "cpu" if any(not tensor.is_meta for tensor in held(module)) else "meta"
    try:
        return figures(module, given, sizes, device, unseen)
    except Exception as error:
        if device != "meta" or device not in str(error):
            raise
    try:
        return recorded_figures(capture(module, given, sizes, device), [] if unseen is None else unseen)
    except Exception:
        real = with_data(module)
        if on_meta(real):
            raise
        return figures(real, given, sizes, "cpu", unseen)


def recorded_figures(captured: Captured, unseen: list[str]) -> Figures:
    """What torch counts of the operators that it recorded, at the sizes at which it did.

    For a module that looks at values as it runs, which its shapes alone do not have.
    """
    whole = captured.graph.owning_module
    assert whole is not None
    values = [node.meta["val"] for node in captured.graph.nodes if node.op == "placeholder"]
    counter = Counter()
    given = [torch.empty(v.shape, dtype=v.dtype, device="meta") if isinstance(v, torch.Tensor) else v for v in values]
    with quiet(), counter.mode:
        results = list(fx.Interpreter(whole).run(*given))
    unseen += counter.unseen
    outputs = [tuple(value.shape) for value in results[-len(captured.outputs) :] if isinstance(value, torch.Tensor)]
    return Figures(*elements(captured.module), outputs, counter.mode.get_total_flops() // 2)


def elements(module: nn.Module) -> tuple[int, int]:
    """Elements of the parameters and of the buffers; a shared one counts once."""
    return sum(p.numel() for p in module.parameters()), sum(b.numel() for b in module.buffers())


def has_lazy(module: nn.Module) -> bool:
    """Has it layers whose parameters have no sizes before it runs?"""
    return any(nn.parameter.is_lazy(tensor) for tensor in (*module.parameters(), *module.buffers()))


def input_names(module: nn.Module, given: Sequence[TracedInput]) -> list[str]:
    """What the inputs are called: `input` for a single one, else as forward calls them."""
    if len(given) == 1:
        return ["input"]
    parameters = list(inspect.signature(module.forward).parameters.values())
    positions = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [one.name or (positions[i] if i < len(positions) else f"input{i + 1}") for i, one in enumerate(given)]


@contextmanager
def in_eval_mode(module: nn.Module) -> Iterator[None]:
    """The module as it is captured, and afterwards as it was."""
    before = [(inner, inner.training) for inner in module.modules()]
    try:
        for inner, _ in before:
            inner.training = False
        yield
    finally:
        for inner, training in before:
            inner.training = training


def where_it_fails(
    module: nn.Module, given: Sequence[TracedInput], sizes: Mapping[str, int], device: str
) -> tuple[str, Exception | None]:
    """The path of the layer that raises, empty for the module itself, and what it raises; None where nothing does."""
    names = {inner: name for name, inner in module.named_modules()}
    stack: list[str] = []
    failed = ""
    raised: Exception | None = None
    hooks = []

    def enter(inner: nn.Module, _: Any) -> None:
        stack.append(names.get(inner, ""))

    def leave(inner: nn.Module, _: Any, __: Any) -> None:
        stack.pop()

    for inner in module.modules():
        if isinstance(inner, torch.jit.ScriptModule):
            continue
        hooks += [inner.register_forward_pre_hook(enter), inner.register_forward_hook(leave)]
    args, kwargs = arguments(given, sizes, device)
    try:
        with quiet(), torch.no_grad(), redirect_stdout(io.StringIO()), in_eval_mode(module):
            module(*args, **kwargs)
    except Exception as error:
        failed, raised = (stack[-1] if stack else ""), error
    finally:
        for hook in hooks:
            hook.remove()
    return failed, raised


def refuses_batch(module: nn.Module, given: Sequence[TracedInput], sizes: Mapping[str, int]) -> str | None:
    """What torch says of a module that runs on one sample, and not on this batch of them; None for any other."""
    real = with_data(module)
    device = "meta" if on_meta(real) else "cpu"
    _, raised = where_it_fails(real, given, sizes, device)
    if raised is None or where_it_fails(real, given, {**sizes, BATCH_NAME: 1}, device)[1] is not None:
        return None
    return f"{type(raised).__name__}: {said(raised)}"


def refused(module: nn.Module, given: Sequence[TracedInput], error: Exception) -> CnncalcError:
    """The diagnostic for a module that torch does not run on one sample, or cannot capture."""
    sizes = {BATCH_NAME: 1}
    real = with_data(module)
    path, raised = where_it_fails(real, given, sizes, "meta" if on_meta(real) else "cpu")
    name = type(module).__name__
    if raised is None:
        if any(isinstance(inner, torch.jit.ScriptModule) for inner in real.modules()):
            message = f"{name} holds TorchScript, which torch.export does not take"
            return CnncalcError(Diagnostic("model-refused", message, hint="import it as it is before torch.jit.script"))
        if "DataDependent" in type(error).__name__ or "data-dependent" in str(error):
            message = f"what {name} runs depends on the values that go in, so that it has no fixed layers"
            return CnncalcError(Diagnostic("model-refused", message, hint="--debug shows where"))
        message = f"torch runs {name}, and cannot capture what it does"
        note = f"{type(error).__name__}: {said(error)}"
        return CnncalcError(Diagnostic("model-refused", message, notes=(note,), hint="--debug shows where"))
    inner = dict(real.named_modules()).get(path)
    where = f" in {path} ({type(inner).__name__})" if path else ""
    shapes = ", ".join(dims_text([substitute(dim, sizes) for dim in one.shape]) for one in given)
    return CnncalcError(
        Diagnostic(
            "model-refused",
            f"{name} does not run on {shapes}: torch refuses it{where}",
            notes=(f"{type(raised).__name__}: {said(raised)}",),
            hint=_what_fits(inner, str(raised), given),
        )
    )


def _what_fits(inner: nn.Module | None, said: str, given: Sequence[TracedInput]) -> str:
    """A hint for a module that torch refuses, by where it fails and what torch says of it."""
    sizes = re.search(r"\(\d+x(\d+) and (\d+)x(\d+)\)", said)
    if isinstance(inner, nn.Linear) and sizes and int(sizes[2]) == inner.in_features:
        came, has, out = sizes.groups()
        return f"{came} features arrive where it has Linear({has}, {out}): write Linear({came}, {out})"
    if isinstance(inner, nn.Embedding) and "indices" in said:
        return "an embedding takes whole numbers: give the shape with its type, such as -i 128:int64"
    if "can't be greater than actual input size" in said:
        return "give a larger input"
    channels = getattr(inner, "in_channels", None)
    if isinstance(channels, int) and "channels" in said:
        return f"it takes {channels} channels, which come first in a shape: -i {channels}x224x224"
    if any(len(one.shape) > 4 or (len(one.shape) > 1 and one.shape[1] == 1) for one in given):
        batch = "`cnncalc import --batch none` takes shapes as they are"
        return f"-i gives the shape of one sample, without the batch; {batch}"
    return "imported at a size that it runs at, the spec says by -i 3xHxW which others are legal"


MOST_ELEMENTS = 500_000_000  # that a module is given data for, to hear torch's words for a failure


def with_data(module: nn.Module) -> nn.Module:
    """A copy whose tensors hold zeros, where they hold nothing: on real tensors torch says more than on shapes."""
    if not on_meta(module) or has_lazy(module) or too_large(module):
        return module
    return _moved(module, "cpu")


def too_large(module: nn.Module) -> bool:
    """Would it take too much memory with data?"""
    tensors = (*module.parameters(), *module.buffers())
    return sum(0 if nn.parameter.is_lazy(tensor) else tensor.numel() for tensor in tensors) > MOST_ELEMENTS


def said(error: BaseException) -> str:
    """An error's text as one line."""
    text = " ".join(str(error).split())
    return text if len(text) < 300 else f"{text[:300]}..."


def on_meta(module: nn.Module) -> bool:
    """Has it tensors without data?"""
    return any(tensor.is_meta for tensor in held(module))
