"""Networks with one part changed: weights drawn anew, modules exchanged, added or taken out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import torch
from torch import nn

from whygrad.doctor.observe.shadow import DROPOUTS, NORMS
from whygrad.doctor.remedies.change import NotApplicable
from whygrad.doctor.remedies.table import USERS_CODE

Tensor = torch.Tensor
KEEPS = 3.0  # σ(3) = 0.95 of the state
ACTIVATIONS = (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.ELU, nn.SELU, nn.LeakyReLU, nn.GELU, nn.SiLU)
ENDS = (*ACTIVATIONS, nn.Softmax, nn.LogSoftmax)
PASSING = (*DROPOUTS, *NORMS, nn.Identity)
Modules = list[nn.Module]


def _redraw(module: nn.Module, draw: Callable[[Tensor], object]) -> None:
    """Draw the weights of a linear layer or convolution anew, and set its biases to 0."""
    if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
        draw(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def he_weights(net: nn.Module) -> nn.Module:
    """Draw He's weights, and orthogonal recurrent ones; set biases to 0 (He et al. 2015)."""
    for module in net.modules():
        _redraw(module, partial(nn.init.kaiming_normal_, nonlinearity="relu"))
        if isinstance(module, nn.RNNBase):
            _draw_orthogonal(module)
    return net


def glorot_weights(net: nn.Module) -> nn.Module:
    """Draw Glorot's weights, and set biases to 0."""
    for module in net.modules():
        _redraw(module, nn.init.xavier_normal_)
    return net


def lecun_weights(net: nn.Module) -> nn.Module:
    """Draw LeCun's weights, and set biases to 0."""
    for module in net.modules():
        _redraw(module, partial(nn.init.kaiming_normal_, nonlinearity="linear"))
    return net


def normal_weights(net: nn.Module) -> nn.Module:
    """Draw weights from N(0, 1), and set biases to 0."""
    for module in net.modules():
        _redraw(module, nn.init.normal_)
    return net


def _draw_orthogonal(module: nn.RNNBase) -> None:
    for name, parameter in module.named_parameters():
        if "weight_hh" in name:
            nn.init.orthogonal_(parameter)


def _chains(net: nn.Module) -> list[nn.Sequential]:
    return [module for module in net.modules() if isinstance(module, nn.Sequential)]


def last_chain(net: nn.Module) -> list[nn.Sequential]:
    """Return the chain that gives the outputs, if the last part of the network is one."""
    found: list[nn.Sequential] = []
    part: nn.Module | None = net
    while part is not None:
        found = [part] if isinstance(part, nn.Sequential) else found
        part = next(reversed(list(part.children())), None)
    return found


def rebuilt(
    net: nn.Module,
    change: Callable[[Modules], Modules],
    chains: Callable[[nn.Module], list[nn.Sequential]] = _chains,
) -> nn.Module:
    """Change the modules of every chain; refuse where none changes."""
    changed = False
    for chain in chains(net):
        old = list(chain)
        new = change(old)
        if new != old:
            changed = True
            while len(chain):
                del chain[-1]
            chain.extend(new)
    if not changed:
        raise NotApplicable("no chain of modules holds what it would act on")
    return net


def other_activations(
    kind: Callable[[], nn.Module], init: Callable[[nn.Module], nn.Module]
) -> Callable[[nn.Module], nn.Module]:
    """Exchange the activations between layers, and draw weights that suit them."""

    def act(modules: Modules) -> Modules:
        last = max((n for n, m in enumerate(modules) if isinstance(m, nn.Linear)), default=-1)
        return [
            kind() if isinstance(m, ACTIVATIONS) and n < last and type(m) is not type(kind()) else m
            for n, m in enumerate(modules)
        ]

    return lambda net: init(rebuilt(net, act))


def unchanged(net: nn.Module) -> nn.Module:
    """Leave the weights as they are."""
    return net


def with_batch_norm(modules: Modules) -> Modules:
    """Put batch normalisation between each linear layer and its activation."""
    made: Modules = []
    for module, after in pairwise([*modules, nn.Identity()]):
        made.append(module)
        if isinstance(module, nn.Linear) and isinstance(after, ACTIVATIONS):
            made.append(nn.BatchNorm1d(module.out_features))
    return made


class Skip(nn.Module):
    """Adds what its part makes, scaled, to what passes by."""

    def __init__(self, part: nn.Module, scale: float) -> None:
        super().__init__()
        self.part, self.scale = part, scale

    def forward(self, x: Tensor) -> Tensor:
        return x + self.scale * self.part(x)


def with_residuals(modules: Modules) -> Modules:
    """Make x + Wφ(x)/√L of every layer that keeps its width (L of them: the sum keeps its size).

    The activation comes before the weights, so that nothing bends what passes by (He et al. 2016,
    "Identity Mappings in Deep Residual Networks").
    """
    pairs = [
        n
        for n, (a, b) in enumerate(pairwise(modules))
        if isinstance(a, ACTIVATIONS)
        and isinstance(b, nn.Linear)
        and b.in_features == b.out_features
    ]
    made: Modules = []
    for n, module in enumerate(modules):
        if n in pairs:
            made.append(Skip(nn.Sequential(module, modules[n + 1]), len(pairs) ** -0.5))
        elif n - 1 not in pairs:
            made.append(module)
    return made


def with_relus(modules: Modules) -> Modules:
    """Put a ReLU between linear layers that have no activation between them."""
    made: Modules = []
    for n, module in enumerate(modules):
        made.append(module)
        rest = [m for m in modules[n + 1 :] if not isinstance(m, PASSING)]
        if isinstance(module, nn.Linear) and rest and isinstance(rest[0], nn.Linear):
            made.append(nn.ReLU())
    return made


def widened(modules: Modules) -> Modules:
    """Give the narrowest hidden layer as many units as its wider neighbour has."""
    widths = {n: m.out_features for n, m in enumerate(modules) if isinstance(m, nn.Linear)}
    hidden = list(pairwise(widths))
    if not hidden:
        return modules
    a, b = min(hidden, key=lambda pair: widths[pair[0]])
    before, after = modules[a], modules[b]
    assert isinstance(before, nn.Linear)
    assert isinstance(after, nn.Linear)
    units = max(before.in_features, after.out_features)
    if units <= before.out_features or any(isinstance(m, NORMS) for m in modules[a:b]):
        return modules
    made = list(modules)
    made[a], made[b] = nn.Linear(before.in_features, units), nn.Linear(units, after.out_features)
    return made


def without_last_activation(modules: Modules) -> Modules:
    """Take the activation at the end away."""
    return modules[:-1] if modules and isinstance(modules[-1], ENDS) else modules


def ending_in(end: Callable[[], nn.Module]) -> Callable[[Modules], Modules]:
    """Exchange the activation at the end."""
    return lambda modules: (
        [*modules[:-1], end()] if modules and isinstance(modules[-1], ENDS) else modules
    )


def with_outputs(classes: int) -> Callable[[Modules], Modules]:
    """Exchange the last linear layer for one with so many outputs."""

    def act(modules: Modules) -> Modules:
        end = modules[-1] if modules else None
        if not isinstance(end, nn.Linear):
            return modules
        return [*modules[:-1], nn.Linear(end.in_features, classes)]

    return act


def over_features(net: nn.Module) -> nn.Module:
    """Let softmax run over features where it runs over the batch."""
    ends = [m for m in net.modules() if isinstance(m, nn.Softmax | nn.LogSoftmax) and m.dim == 0]
    if not ends:
        raise NotApplicable(USERS_CODE)
    for end in ends:
        end.dim = -1
    return net


def layer_norm(net: nn.Module) -> nn.Module:
    """Exchange batch normalisation for group normalisation with one group."""

    def act(modules: Modules) -> Modules:
        return [nn.GroupNorm(1, m.num_features) if isinstance(m, NORMS) else m for m in modules]

    return rebuilt(net, act)


def dropout_at_most(most: float) -> Callable[[nn.Module], nn.Module]:
    """Lower the dropout of modules that drop more than this."""

    def act(net: nn.Module) -> nn.Module:
        found = [m for m in net.modules() if isinstance(m, DROPOUTS) and m.p > most]
        if not found:
            raise NotApplicable("no module drops more")
        for module in found:
            module.p = most
        return net

    return act


def trainable(net: nn.Module) -> nn.Module:
    """Let every parameter be trained."""
    for parameter in net.parameters():
        parameter.requires_grad_(parameter.is_floating_point())
    return net


def orthogonal(net: nn.Module) -> nn.Module:
    """Draw orthogonal recurrent weights."""
    found = [m for m in net.modules() if isinstance(m, nn.RNNBase)]
    if not found:
        raise NotApplicable("no module is a recurrent layer")
    for module in found:
        _draw_orthogonal(module)
    return net


def gated(net: nn.Module) -> nn.Module:
    """Make a GRU of a plain recurrent layer, which begins by keeping most of its state.

    A bias of the gate that keeps does that (Jozefowicz et al. 2015).
    """
    changed = False
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.RNN:
                made = nn.GRU(
                    child.input_size, child.hidden_size, child.num_layers, child.bias,
                    child.batch_first, child.dropout, child.bidirectional,
                )  # fmt: skip
                for parameter, bias in made.named_parameters():
                    if parameter.startswith("bias_ih"):  # reset, update, new: a third each
                        third = len(bias) // 3
                        nn.init.constant_(bias[third : 2 * third], KEEPS)
                setattr(module, name, made)
                changed = True
    if not changed:
        raise NotApplicable("no module is a plain recurrent layer")
    return net
