"""Modules: what they hold, how they are called and named, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import whygrad as wg
from whygrad import nn
from whygrad.engine.tensor import Tensor, tensor
from whygrad.errors import ShapeError, WhygradError
from whygrad.optim import SGD

X = np.array([[1.0, -2.0], [0.5, 3.0], [-1.0, 0.25]])
T = np.array([[0.0], [1.0], [1.0]])
F = nn.functional


class Twins(nn.Module):
    """A module of a person's own: one layer in two places, others in a list, a bare weight."""

    def __init__(self) -> None:
        self.first = nn.Linear(2, 2, seed=1)
        self.again = self.first
        self.rest = [nn.Tanh(), nn.Linear(2, 1, bias=False, seed=2)]
        self.words = ["not a module", 3]
        self.scale = nn.parameter(2.0)

    def forward(self, *inputs: Any, **options: Any) -> Tensor:
        (x,) = inputs
        x = self.again(self.first(x))
        for layer in self.rest:
            x = layer(x)
        return x * self.scale if options.get("scaled", True) else x


def names(iteration: wg.Iteration) -> list[str]:
    return [value.name for value in iteration.tape.values if value.name]


def test_parameters_are_found_in_attributes_lists_and_modules_inside_each_once() -> None:
    model = Twins()
    assert [name for name, _ in model.named_parameters()] == [
        "scale",
        "first.weight",
        "first.bias",
        "rest.1.weight",
    ]
    assert next(model.named_parameters("twins."))[0] == "twins.scale"
    assert len(model.parameters()) == 4
    assert [path for path, _, _ in model.slots()] == [
        "scale",
        "first.weight",
        "first.bias",
        "again.weight",
        "again.bias",
        "rest.1.weight",
    ]
    assert list(model.named_buffers()) == []


def test_options_reach_forward() -> None:
    model, x = Twins(), tensor(X)
    np.testing.assert_array_equal(model(x).array, 2.0 * model(x, scaled=False).array)


def test_a_layer_in_two_places_stays_one_layer_while_it_trains() -> None:
    model = Twins()
    iteration = wg.trace(model, X, T, optimizer=SGD(model.parameters(), 0.05))
    first = model.first
    w, b = first.weight.array.copy(), first.bias.array.copy()  # type: ignore[union-attr]
    v, scale = model.rest[1].weight.array, model.scale.array
    iteration.play(1)

    def loss(w: Tensor, b: Tensor) -> Tensor:
        return F.mse_loss(((X @ w + b) @ w + b).tanh() @ v * float(scale), T)

    for before, after, rate in zip(
        (w, b), (first.weight, first.bias), wg.grad(loss, (0, 1))(w, b), strict=True
    ):
        assert after is not None
        np.testing.assert_allclose(after.array, before - 0.05 * rate.array, rtol=1e-12)
    assert model.again is model.first
    iteration.play(200)
    assert iteration.losses[-1] < 0.5 * iteration.losses[0]


class Kept(nn.Module):
    """Keeps modules and parameters in dicts and lists, one in another."""

    def __init__(self) -> None:
        self.heads = {"left": nn.Linear(2, 1), "right": [nn.Linear(2, 1, bias=False), {}]}
        self.blocks = [[nn.Linear(2, 2), (nn.BatchNorm1d(2),)], []]
        self.scales = [nn.parameter(1.0), {"last": nn.parameter([2.0])}]

    def forward(self, *inputs: Any, **options: Any) -> Tensor:
        (x,) = inputs
        for block in self.blocks[0]:
            x = (block[0] if isinstance(block, tuple) else block)(x)
        return (
            self.heads["left"](x) * self.scales[0]
            + self.heads["right"][0](x) * self.scales[1]["last"]
        )


def test_what_is_kept_in_dicts_and_nested_lists_is_found_and_trained() -> None:
    model = Kept()
    paths = [
        "scales.0",
        "scales.1.last",
        "heads.left.weight",
        "heads.left.bias",
        "heads.right.0.weight",
        "blocks.0.0.weight",
        "blocks.0.0.bias",
        "blocks.0.1.0.weight",
        "blocks.0.1.0.bias",
    ]
    assert [path for path, _ in model.named_parameters()] == paths
    assert len(list(model.named_buffers())) == 2
    assert not model.eval().blocks[0][1][0].training
    before = {path: found.numpy() for path, found in model.named_parameters()}
    iteration = wg.trace(model.train(), X, T, optimizer=wg.optim.SGD(model.parameters(), lr=0.05))
    iteration.play(2)
    assert set(paths) <= {v.name for v in iteration.tape.values}
    for path, found in model.named_parameters():
        idle = path == "blocks.0.0.bias"  # batch norm takes it away again
        assert idle or (found.array != before[path]).any(), path


def test_only_a_parameter_takes_a_parameters_place() -> None:
    layer = nn.Linear(2, 1)
    for strange in (tensor([[1.0], [2.0]]), np.ones((2, 1)), [[1.0], [2.0]], "x", layer(tensor(X))):
        with pytest.raises(WhygradError, match=r"Linear.weight is a parameter.*nn.parameter\("):
            layer.weight = strange  # type: ignore[assignment]
    layer.weight = nn.parameter([[1.0], [2.0]])
    layer.bias = None
    assert [path for path, _ in layer.named_parameters()] == ["weight"]
    norm = nn.BatchNorm1d(2)
    norm.running_mean = tensor([1.0, 2.0])
    norm.running_var = np.ones(2)  # type: ignore[assignment]
    assert [path for path, _ in norm.named_buffers()] == ["running_mean", "running_var"]
    norm.running_mean = nn.buffer([3.0, 2.0])
    assert norm.latest("running_mean").tolist() == [3.0, 2.0]


def test_train_and_eval_reach_all_inside() -> None:
    model = Twins()
    assert model.training
    assert model.eval() is model
    assert not any(m.training for m in (model, model.first, *model.rest))
    model.train()
    assert all(m.training for m in (model, model.first, *model.rest))


def test_another_dtype() -> None:
    model = Twins().to("float32")
    assert {p.dtype for p in model.parameters()} == {np.dtype("float32")}
    assert {p.role for p in model.parameters()} == {"parameter"}
    assert model(tensor(X, dtype="float32")).dtype == np.float32


def test_a_module_of_ones_own_is_traced_under_its_paths_and_its_name() -> None:
    iteration = wg.trace(Twins(), X, T)
    assert {"scale", "first.weight", "first.bias", "rest.1.weight", "yhat", "dL/dscale"} <= set(
        names(iteration)
    )
    parts = {step.part for step in iteration.tape.steps if step.phase == "forward"}
    assert parts == {("twins",), ("twins", "linear"), ("twins", "tanh")}
    with pytest.raises(NotImplementedError, match="Module has no forward"):
        nn.Module()(X)


def test_a_sequence_names_its_sums_activations_and_weights_as_a_textbook_does() -> None:
    layers = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid()]
    model = nn.Sequential(*layers)
    assert (len(model), model[1]) == (4, layers[1])
    found = names(wg.trace(model, X, T))
    assert found[:8] == ["W1", "b1", "W2", "b2", "x", "t", "z1", "a1"]
    assert found[8:11] == ["z2", "yhat", "L"]
    small = nn.Sequential(nn.Linear(1, 1), nn.Tanh(), nn.Linear(1, 1))
    assert list(small.parameter_names().values()) == ["w1", "b1", "w2", "b2"]


def test_one_layer_twice_in_a_sequence_is_one_set_of_weights() -> None:
    shared = nn.Linear(2, 2, seed=3)
    model = nn.Sequential(shared, nn.Tanh(), shared)
    assert list(model.parameter_names().values()) == ["W1", "b1"]
    w, b = shared.weight.array.copy(), shared.bias.array.copy()  # type: ignore[union-attr]
    iteration = wg.trace(model, X, X, optimizer=SGD(model.parameters(), 0.1))
    rates = wg.grad(lambda w, b: F.mse_loss((X @ w + b).tanh() @ w + b, X), (0, 1))(w, b)
    np.testing.assert_allclose(iteration.run["dL/dW1"], rates[0].array, rtol=1e-12)
    iteration.play(1)
    assert model[0].weight is model[2].weight  # type: ignore[attr-defined]
    np.testing.assert_allclose(shared.weight.array, w - 0.1 * rates[0].array, rtol=1e-12)


def test_a_sequence_in_a_sequence_leaves_the_names_to_the_outer() -> None:
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), nn.Linear(3, 1))
    found = names(wg.trace(model, X, T))
    assert found.count("yhat") == 1
    assert not {"z1", "a1"} & set(found)  # the inner layers' outputs stay without names
    assert {"0.layers.0.weight", "0.layers.0.bias", "W1", "b1"} <= set(found)


class Given(nn.Module):
    """Returns a tensor that it was made with."""

    def __init__(self, given: Tensor) -> None:
        self.given = given

    def forward(self, *inputs: Any, **options: Any) -> Tensor:
        return self.given


def test_layers_that_return_what_they_were_given_do_not_rename_it() -> None:
    still = nn.Dropout(0.5).eval()
    x = tensor(X, name="mine")
    y = nn.Sequential(still, still)(x)
    assert (x.name, y.name) == ("mine", "yhat")
    np.testing.assert_array_equal(y.array, X)
    model = nn.Sequential(still, nn.Linear(2, 1), still)
    iteration = wg.trace(model, X, T)
    found = names(iteration)
    assert found[:7] == ["W1", "b1", "x", "t", "h0", "z1", "yhat"]
    assert [step.op for step in iteration.tape.steps[:4]] == [
        "identity",
        "matmul",
        "add",
        "identity",
    ]
    kept = nn.parameter([[1.0], [2.0], [3.0]], name="kept")
    iteration = wg.trace(nn.Sequential(Given(kept)), X, T, optimizer=SGD([kept], 0.1))
    assert kept.name == "kept"
    assert {"yhat", "dL/dyhat", "L"} <= set(names(iteration))
    assert iteration.tape.values[iteration.tape.carries[0][0]].role == "parameter"


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (nn.Linear(3, 1), r"linear: its input has shape \(3, 2\), but its weight \(3, 1\) takes 3"),
        (
            nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(3, 1)),
            r"^layer 2: linear: its input has shape \(3, 4\), but its weight \(3, 1\)",
        ),
        (
            nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Tanh(), nn.Linear(5, 2))),
            r"^layer 1: layer 1: linear: its input has shape \(3, 2\), but its weight \(5, 2\)",
        ),
        (
            nn.Sequential(nn.Linear(2, 2), nn.Residual(nn.Linear(2, 3))),
            r"^layer 1: residual: its layers make \(3, 3\) of \(3, 2\)",
        ),
        (nn.Residual(nn.Linear(4, 4)), r"layer 1: linear: .*\(3, 2\).*\(4, 4\)"),
    ],
)
def test_a_misfit_names_the_layer_and_both_shapes(model: nn.Module, says: str) -> None:
    with pytest.raises(ShapeError, match=says):
        model(tensor(X))


def test_a_single_number_is_no_input_of_a_layer_and_no_layers_are_no_network() -> None:
    with pytest.raises(ShapeError, match=r"its input has shape \(\)"):
        nn.Linear(1, 1)(tensor(1.0))
    with pytest.raises(WhygradError, match="has no layers; give it at least one"):
        nn.Sequential()(tensor(X))


def test_a_buffer_outside_an_iteration_changes_at_once() -> None:
    layer = nn.BatchNorm1d(2)
    layer(tensor(X))
    np.testing.assert_allclose(layer.running_mean.array, 0.1 * X.mean(0), rtol=1e-12)  # type: ignore[union-attr]
    seen = nn.buffer([1.0], name="seen", shape=(1,))
    assert (seen.role, seen.name, seen.shape) == ("buffer", "seen", (1,))


ACTIVATIONS = {
    nn.ReLU: F.relu,
    nn.Sigmoid: F.sigmoid,
    nn.Tanh: F.tanh,
    nn.Softplus: F.softplus,
    nn.SiLU: F.silu,
    nn.LeakyReLU: F.leaky_relu,
    nn.ELU: F.elu,
    nn.GELU: F.gelu,
    nn.Hardtanh: F.hardtanh,
    nn.Softmax: F.softmax,
}


@pytest.mark.parametrize("layer", ACTIVATIONS, ids=lambda layer: layer.__name__)
def test_an_activation_is_its_function(layer: type[nn.Module]) -> None:
    x = tensor(X)
    np.testing.assert_array_equal(layer()(x).array, ACTIVATIONS[layer](x).array)


def test_a_layer_says_how_many_inputs_it_takes() -> None:
    for call, says in (
        (lambda: nn.Linear(3, 2)(), "linear: takes 1 input"),
        (lambda: nn.ReLU()(X, X), "relu: takes 1 input.*not 2"),
        (lambda: nn.MSELoss()(X), "mseloss: takes 2 input.*not 1"),
        (lambda: nn.RNNCell(2, 2)(X, X, X), "takes 1 to 2 input.*not 3"),
    ):
        with pytest.raises(WhygradError, match=says):
            call()
