"""DFT310: a model on CUDA that no GPU is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.edits import AddKeyword
from daft_lint.api.nodes import short_code
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.api.scopes import nodes_in
from daft_lint.api.udf_code import assigned_values, attribute_values, binding_of, dotted, given_options
from daft_lint.pipeline.model import NodeRef, Runner, Script, Udf, UdfKind

_MAX_NAMES = 3
"""Names of names that are followed to the device that they stand for."""
_WHY_UNSAFE = "each instance then waits for a GPU: on a cluster without one none starts"


class GpuNotRequested(ScriptRule):
    """A class that moves a model to CUDA, with no `gpus`, on Ray.

    ## Why
    Ray gives a GPU to an actor that asks for one. With `gpus=1` each of two actors was given its own; without it both
    saw all GPUs of the node, so that `cuda` is the first one for both (experiment e27: what Ray assigns on a node that
    it is told has two). No GPU has run this: that such actors get in each other's way, and may start on nodes without a
    GPU, rests on Ray's documentation, and the rule stays advice. By that, an older Ray hides all GPUs from an actor
    that asks for none, so that `torch.cuda.is_available()` is false in it.

    ## Example

        @daft.cls(max_concurrency=4)
        class Tagger:
            def __init__(self):
                self.device = "cuda" if torch.cuda.is_available() else "cpu"
                self.model = AutoModel.from_pretrained("some/model").to(self.device)

    becomes

        @daft.cls(max_concurrency=4, gpus=1)
        class Tagger:
            ...

    ## Fix
    Adds `gpus=1` (`num_gpus=1` to a `daft.udf`). It is unsafe: on a cluster without a GPU no instance starts.

    ## Options
    - `[tool.daft-lint.cluster]`: `runner`. The rule speaks only where the script or the configuration names Ray: on the
      native runner all instances share the machine.
    """

    code = "DFT310"
    name = "gpu-not-requested"
    level = Level.ADVICE
    trigger_words = ("cuda", "device")
    fixable = True
    ends = (Failure("OutOfMemoryError", "when all the models are on one GPU"),)

    def check(self, script: Script) -> Iterator[Observation]:
        if script.runner is Runner.NATIVE or not (script.runner_is_set or script.cluster.runner is Runner.RAY):
            return
        seen: set[object] = set()
        for udf in script.udfs:
            options = given_options(udf)
            if not udf.is_class or udf.gpus is not None or udf.definition in seen or options is None:
                continue
            if options & {"gpus", "num_gpus", "ray_options"}:
                continue
            seen.add(udf.definition)
            moved = _moved_to_cuda(udf)
            if moved is not None:
                yield _observation(udf, moved)


def _observation(udf: Udf, moved: NodeRef) -> Observation:
    option = "num_gpus" if udf.kind is UdfKind.LEGACY else "gpus"
    assert udf.options is not None
    return Observation(
        location=moved,
        level=Level.ADVICE,
        observed=f"`{udf.name.partition('.')[0]}` works on CUDA (`{short_code(moved.node)}`) and asks for no GPU",
        impact="Ray then starts it on any node, with one or without, and all instances on a node see all of its GPUs"
        " and take the first",
        suggestion=f"Write `{option}=1`, so that each instance gets a GPU of its own",
        related=((udf.options, f"its options: no `{option}`"),),
        fix=Fix(f"Add `{option}=1`", (AddKeyword(udf.options, option, "1"),), _WHY_UNSAFE),
    )


def _moved_to_cuda(udf: Udf) -> NodeRef | None:
    """The first call in the class that puts something on CUDA."""
    definition = udf.definition
    if definition is None or not isinstance(definition.node, cst.ClassDef):
        return None
    for node in nodes_in(definition.node.body):
        location = NodeRef(definition.cell, node)
        if isinstance(node, cst.Call) and _puts_on_cuda(node, location, definition):
            return location
    return None


def _puts_on_cuda(call: cst.Call, location: NodeRef, owner: NodeRef) -> bool:
    named = [a for a in call.args if a.keyword is not None and a.keyword.value in ("device", "device_map")]
    if any(_is_cuda(a.value, location, owner) or _is_number_of_gpu(a.value) for a in named):
        return True
    if not isinstance(call.func, cst.Attribute):
        return False
    method = call.func.attr.value
    if method == "cuda":
        return dotted(call.func) != "torch.cuda"
    return method == "to" and any(_is_cuda(a.value, location, owner) for a in call.args[:1])


def _is_number_of_gpu(device: cst.CSTNode) -> bool:
    """`device=0`, `device=0 if torch.cuda.is_available() else -1`."""
    if isinstance(device, cst.IfExp):
        return _is_number_of_gpu(device.body) or _is_number_of_gpu(device.orelse)
    return isinstance(device, cst.Integer)


def _is_cuda(device: cst.CSTNode, location: NodeRef, owner: NodeRef, depth: int = 0) -> bool:
    """Whether an expression is a CUDA device, or may be one: `"cuda" if torch.cuda.is_available() else "cpu"`."""
    pending = [device]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.SimpleString):
            if str(node.evaluated_value).startswith("cuda"):
                return True
        elif depth < _MAX_NAMES and any(
            _is_cuda(value.node, value, owner, depth + 1) for value in _values_of(node, location, owner)
        ):
            return True
        if not isinstance(node, cst.Attribute):
            pending.extend(node.children)
    return False


def _values_of(node: cst.CSTNode, location: NodeRef, owner: NodeRef) -> Iterator[NodeRef]:
    """What a variable, a parameter or an attribute of `self` may hold."""
    if isinstance(node, cst.Attribute) and dotted(node).startswith("self."):
        yield from attribute_values(dotted(node), owner)
    elif isinstance(node, cst.Name):
        binding = binding_of(node.value, NodeRef(location.cell, node))
        if binding is not None:
            yield from assigned_values(binding)
            for binder in binding.binders:
                if isinstance(binder, cst.Param) and binder.default is not None:
                    yield NodeRef(binding.location.cell, binder.default)
