"""A copy of the network on which the doctor experiments, so that the run is never touched.

Everything is done with the copy's own weights, and random generators are left as they were. The ops
of a forward pass are recorded by intercepting the functions it calls, so that ``F.relu`` counts
like ``nn.ReLU``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from whygrad.doctor.measurements import BadOp, Layer, Probe
from whygrad.doctor.observe.generators import generators_restored, seed_generators
from whygrad.doctor.observe.source import source_line
from whygrad.doctor.torch_typed import forget_hooks, modules_of, numbers, run_backward
from whygrad.nn.registry import ACTIVATIONS

Tensor = torch.Tensor
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
LINEAR = {"linear", "conv1d", "conv2d", "conv3d", "matmul", "addmm", "bmm", "einsum"}
GATES = {"relu": "relu", "relu_": "relu", "clamp_min": "relu", "relu6": "relu"}
SQUASHES = {"sigmoid": "sigmoid", "sigmoid_": "sigmoid", "tanh": "tanh", "tanh_": "tanh"}
CURVES = {"selu", "mish"} | {name for name, row in ACTIVATIONS.items() if row.hidden}
ENDS = {"softmax": "softmax", "log_softmax": "log_softmax"}
SEEN = {**{name: name for name in LINEAR | CURVES}, **GATES, **SQUASHES, **ENDS}
TANH_FLAT = 0.99
SIGMOID_FLAT = 0.01
MOST = 400  # ops remembered in one pass


class _OpRecorder(TorchFunctionMode):
    """Records the outputs of the ops that matter, with the module they belong to."""

    def __init__(self, place: Callable[[], str]) -> None:
        super().__init__()
        self.place = place
        self.seen: list[tuple[str, str, Tensor, Tensor | None, str]] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        op = SEEN.get(getattr(func, "__name__", ""))
        if (
            op
            and isinstance(out, Tensor)
            and out.is_floating_point()
            and out.ndim > 1
            and len(self.seen) < MOST
        ):
            if out.requires_grad:
                out.retain_grad()
            given = args[0] if args and isinstance(args[0], Tensor) else None
            self.seen.append((self.place(), op, out, given, source_line(within=True)))
        return out


class FirstBad(TorchFunctionMode):
    """Finds the first op that gives what is not finite."""

    def __init__(self, place: Callable[[], str] = lambda: "") -> None:
        super().__init__()
        self.place = place
        self.found: BadOp | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        number = isinstance(out, Tensor) and out.is_floating_point()
        if self.found is None and number and not bool(torch.isfinite(out.detach()).all()):
            name = getattr(func, "__name__", "").strip("_")
            self.found = BadOp(name, self.place(), source_line(within=True))
        return out


class ShadowModel:
    """A copy of a model for experiments: its outputs, gradients, and what its layers do."""

    def __init__(self, model: nn.Module) -> None:
        self.net = copy.deepcopy(model)
        for module in self.net.modules():  # hooks of the user's would run twice
            forget_hooks(module)
        self.path: list[str] = []
        for name, module in modules_of(self.net):
            module.register_forward_pre_hook(self._enter(name))
            module.register_forward_hook(self._leave, always_call=True)
        self.trainable = {n: p.requires_grad for n, p in self.net.named_parameters()}

    def _enter(self, name: str) -> Callable[..., None]:
        def enter(module: nn.Module, args: Any) -> None:
            self.path.append(name)

        return enter

    def _leave(self, module: Any, args: Any, out: Any) -> None:
        self.path.pop()

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over weights and buffers, and forget gradients."""
        with torch.no_grad():
            own = {**dict(self.net.named_parameters()), **dict(self.net.named_buffers())}
            for name, tensor in own.items():
                if name in state:
                    tensor.copy_(state[name])
                tensor.grad = None

    @contextmanager
    def mode(self, train: bool, dropout: bool = False, seed: int = 0) -> Generator[nn.Module]:
        """Yield the copy in training or evaluation mode, with generators seeded and restored."""
        self.net.train(train)
        if train and not dropout:
            for module in self.net.modules():
                if isinstance(module, DROPOUTS):
                    module.eval()
        with generators_restored(), torch.enable_grad():
            seed_generators(seed)
            self.path.clear()
            yield self.net

    def outputs(self, x: Any, train: bool = False, dropout: bool = False, seed: int = 0) -> Tensor:
        """Return the outputs."""
        with self.mode(train, dropout, seed) as net, torch.no_grad():
            return judged_output(net(x))

    def gradient(self, x: Any, y: Tensor, loss: Callable[..., Tensor]) -> dict[str, Tensor]:
        """Return the gradient of the loss for each parameter that is trained."""
        with self.mode(True, dropout=False) as net:
            value = loss(judged_output(net(x)), y)
            named = [(n, p) for n, p in net.named_parameters() if p.requires_grad]
            if not value.requires_grad or not named:
                return {}
            found = torch.autograd.grad(value, [p for _, p in named], allow_unused=True)
            grads = cast("tuple[Tensor | None, ...]", found)
        return {n: g for (n, _), g in zip(named, grads, strict=True) if g is not None}

    def probe(self, x: Tensor, y: Tensor, loss: Callable[..., Tensor], step: int) -> Probe:
        """Return what every layer does on a batch, and the gradient that reaches it."""
        sequence = x.ndim == 3 and x.is_floating_point() and self._recurrent()
        if sequence:
            x = x.clone().requires_grad_()
        for parameter in self.net.parameters():
            parameter.requires_grad_(parameter.is_floating_point())
        try:
            with (
                self.mode(True) as net,
                _OpRecorder(lambda: self.path[-1] if self.path else "") as recorder,
            ):
                value = loss(judged_output(net(x)), y)
                if value.requires_grad and bool(torch.isfinite(value)):
                    run_backward(value)
        finally:
            for name, parameter in self.net.named_parameters():
                parameter.requires_grad_(self.trainable[name])
                parameter.grad = None
        layers = tuple(
            _layer(name, op, out.detach(), out.grad, line)
            for name, (_, op, out, _, line) in zip(
                self._names(recorder.seen), recorder.seen, strict=True
            )
        )
        through: tuple[float, ...] = ()
        if sequence and x.grad is not None:
            each = x.grad.double().pow(2).mean(2)
            first = self._batch_first()
            through = tuple(numbers(each.mean(0 if first else 1).sqrt()))
        return Probe(step, float(value.detach()), layers, through)

    def first_bad(self, x: Tensor) -> BadOp | None:
        """Return the first op that gives what is not finite, on these rows."""
        recorder = FirstBad(lambda: self.path[-1] if self.path else "")
        with self.mode(True) as net, torch.no_grad(), recorder:
            net(x)
        return recorder.found

    def _names(self, seen: list[tuple[str, str, Tensor, Tensor | None, str]]) -> list[str]:
        """Name ops by their module; those that a module calls between its parts, by themselves."""
        parents = {n for n, module in modules_of(self.net) if next(module.children(), None)}
        names: list[str] = []
        for place, op, *_ in seen:
            name = place
            if place in parents and op not in LINEAR:
                name = f"{place}.{op}".strip(".")
                others = sum(1 for known in names if known.rstrip("0123456789") == name)
                name += str(others + 1) if others else ""
            names.append(name)
        return names

    def first_conv_input(self, x: Tensor) -> Tensor | None:
        """Return what the first two-dimensional convolution is given."""
        with self.mode(False) as net, torch.no_grad(), _OpRecorder(lambda: "") as recorder:
            net(x)
        return next((given for _, op, _, given, _ in recorder.seen if op == "conv2d"), None)

    def _recurrent(self) -> bool:
        kinds = (nn.RNNBase, nn.RNNCellBase)
        other = (nn.Conv1d, nn.MultiheadAttention)
        modules = list(self.net.modules())
        by_hand = any("rnn" in type(m).__name__.lower() for m in modules)
        return (by_hand or any(isinstance(m, kinds) for m in modules)) and not any(
            isinstance(m, other) for m in modules
        )

    def _batch_first(self) -> bool:
        return all(m.batch_first for m in self.net.modules() if isinstance(m, nn.RNNBase))


def _layer(name: str, op: str, out: Tensor, grad: Tensor | None, line: str) -> Layer:
    axis = 1 if out.ndim == 4 else out.ndim - 1
    flat = out.transpose(axis, -1).reshape(-1, out.shape[axis]).float()
    rms = float(flat.pow(2).mean().sqrt())
    spread = float(flat.std(0, correction=0).pow(2).mean().sqrt()) / rms if rms > 0 else 0.0
    gradient = float(grad.double().pow(2).mean().sqrt()) * len(out) if grad is not None else 0.0
    dead = saturated = active = None
    if op == "relu":
        dead = float((flat <= 0).all(0).float().mean())
        active = float((flat > 0).float().mean())
    elif op == "tanh":
        saturated = float((flat.abs() > TANH_FLAT).float().mean())
    elif op == "sigmoid":
        saturated = float(((flat < SIGMOID_FLAT) | (flat > 1 - SIGMOID_FLAT)).float().mean())
    return Layer(name, op, flat.shape[1], rms, spread, gradient, dead, saturated, active, line)


def judged_output(out: Any) -> Tensor:
    """Return the output that is judged, of a model that may give several."""
    if isinstance(out, Tensor):
        return out
    for name in ("logits", "last_hidden_state"):
        if hasattr(out, name):
            return getattr(out, name)
    parts: Any = out
    return judged_output(next(iter(parts.values())) if isinstance(out, dict) else parts[0])


def state_of(model: nn.Module) -> dict[str, Tensor]:
    """Return a model's parameters and buffers by name, detached and not copied."""
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {name: tensor.detach() for name, tensor in tensors.items()}
