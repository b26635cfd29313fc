"""Gradients of any function: ``grad``, ``value_and_grad``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import whygrad as wg
from whygrad.engine.backward import gradients
from whygrad.errors import ShapeError, WhygradError
from whygrad.tape.player import Player
from whygrad.tape.record import write
from whygrad.tape.run import leaves_of


def test_fan_out() -> None:
    value, gradient = wg.value_and_grad(lambda x: x * (x + 1))(3.0)
    assert (value.item(), gradient.item()) == (12.0, 7.0)


def test_several_arguments() -> None:
    def f(x: Any, y: Any, *, scale: float) -> Any:
        return (x * y * scale).sum()

    dx, dy = wg.grad(f, argnums=(0, 1))([1.0, 2.0], [3.0, 4.0], scale=2.0)
    assert (dx.tolist(), dy.tolist()) == ([6.0, 8.0], [2.0, 4.0])
    assert wg.grad(f, argnums=[1])([1.0, 2.0], wg.tensor(3.0), scale=1.0)[0].item() == 3.0


def test_gradients_of_gradients() -> None:
    def cube(x: Any) -> Any:
        return x**3

    first = wg.grad(cube)
    second = wg.grad(lambda x: first(x))
    third = wg.grad(lambda x: second(x))
    assert [f(2.0).item() for f in (first, second, third)] == [12.0, 12.0, 6.0]


def test_one_tensor_as_two_arguments_is_two_arguments() -> None:
    a = wg.tensor(3.0)
    assert wg.grad(lambda x, y: x * y)(a, a).item() == 3.0
    dx, dy = wg.grad(lambda x, y: x * x * y, argnums=(0, 1))(a, a)
    assert (dx.item(), dy.item()) == (18.0, 9.0)
    assert wg.grad(lambda x: x * a)(a).item() == 3.0  # the closure's a is held still


def test_weights_shared_by_two_layers_hear_both() -> None:
    w = wg.tensor(np.array([[0.5, -0.25], [1.0, 2.0]]))
    x = wg.tensor([[1.0, 2.0]])
    shared = wg.grad(lambda w: ((x @ w).tanh() @ w).sum())(w).array
    apart = wg.grad(lambda a, b: ((x @ a).tanh() @ b).sum(), argnums=(0, 1))(w, w)
    np.testing.assert_allclose(shared, apart[0].array + apart[1].array, rtol=1e-14)


def test_a_residual_connection() -> None:
    gradient = wg.grad(lambda x: (x + (x * 2.0).tanh()).sum())(wg.tensor([0.0, 0.5]))
    np.testing.assert_allclose(gradient.array, 1 + 2 * (1 - np.tanh([0.0, 1.0]) ** 2))


def test_what_it_does_not_depend_on_has_a_rate_of_0() -> None:
    dx, dy = wg.grad(lambda x, y: x.sum(), argnums=(0, 1))([1.0], [np.inf, 2.0])
    assert (dx.tolist(), dy.tolist()) == ([1.0], [0.0, 0.0])
    assert wg.grad(lambda x: 3.0)(1.0).item() == 0.0
    assert wg.grad(lambda x: (x > 0.0).sum())(1.0).item() == 0.0
    assert wg.value_and_grad(lambda x: 3)(1.0)[0].item() == 3.0


@pytest.mark.parametrize(
    ("f", "args", "argnums", "says"),
    [
        (lambda x: x, ([1.0, 2.0],), 0, "is not one rate per number"),
        (lambda x: x, (wg.tensor([1, 2], dtype=int),), 0, "needs floating-point numbers"),
        (lambda x: x, (True,), 0, "this is bool"),
        (lambda x: x, (1.0,), 1, "argument 1, but there are 1"),
        (lambda x: x, (1.0,), -1, "argument -1"),
        (lambda x: (x, x), (1.0,), 0, "returned tuple"),
        (lambda x: None, (1.0,), 0, "returned NoneType"),
        (lambda x: x, ("one",), 0, "not numbers|needs numbers"),
    ],
)
def test_what_has_no_gradient(f: Any, args: Any, argnums: int, says: str) -> None:
    with pytest.raises(WhygradError, match=says):
        wg.grad(f, argnums)(*args)


def test_a_seed_of_the_wrong_shape() -> None:
    x = wg.tensor([1.0, 2.0])
    y = x * 2.0
    assert gradients(y, [x], seed=wg.tensor([1.0, 10.0]))[x].tolist() == [2.0, 20.0]
    assert gradients(y, [y], seed=wg.tensor([1.0, 10.0]))[y].tolist() == [1.0, 10.0]
    assert gradients(y.sum(), []) == {}
    assert gradients(wg.tensor(1.0), [x]) == {}
    with pytest.raises(ShapeError, match=r"\(1,\), but the output has \(2,\)"):
        gradients(y, [x], seed=wg.tensor([1.0]))


def test_work_grows_no_faster_than_a_chain(count_calls: Callable[..., int]) -> None:
    def work(length: int) -> None:
        x = y = wg.tensor(0.5)
        for _ in range(length):
            y = -y
        found = gradients(y, [x])
        tape, run, _ = write(y, also=[found[x]], gradients={x: found[x]})
        Player(tape, leaves_of(run)).play()

    assert count_calls(work, 2000) < 2.1 * count_calls(work, 1000)


def test_a_long_chain_needs_no_recursion(whole: bool) -> None:
    length = 100_000 if whole else 20_000
    x = wg.tensor(0.5)
    y = x
    for _ in range(length):
        y = -y
    found = gradients(y, [x])
    tape, run, _ = write(y, also=[found[x]], gradients={x: found[x]})
    player = Player(tape, leaves_of(run))
    player.play()
    assert found[x].item() == 1.0
    assert player.buffers[tape.loss] == run.arrays[tape.loss] == 0.5
    assert len(tape.steps) == 2 * length
    del y, found  # taking the chain apart does not recurse either


@pytest.mark.parametrize("base", [0.0, -0.0, 2.0])
def test_the_second_derivative_of_a_power_of_0(base: float) -> None:
    assert wg.grad(wg.grad(lambda x: x**0.0))(base).item() == 0.0


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("both", [math.inf, -math.inf, 1.0])
def test_equal_ones_share_the_gradient_even_infinite(name: str, both: float) -> None:
    found = wg.grad(getattr(wg, name), argnums=(0, 1))(both, both)
    assert [g.item() for g in found] == [0.5, 0.5]


READS: list[tuple[Any, str]] = [
    (math.sin, "wg.exp"),
    (lambda x: x * math.exp(x), "math"),
    (lambda x: float(x) ** 2, "float()"),
    (lambda x: int(x) * x, "int()"),
    (lambda x: x.item() ** 2, "item()"),
    (lambda x: wg.tensor(x.tolist()) ** 2, "tolist()"),
    (lambda x: wg.tensor(x.numpy()) ** 2, "numpy()"),
    (lambda x: wg.tensor(np.asarray(x)) ** 2, "an array"),
    (lambda x: wg.tensor(x) ** 2, "tensor()"),
    (lambda x: x.data**2, "data takes"),
    (lambda x: wg.tensor(1.0).constant(x) * x, "an array made"),
    (lambda x: wg.tensor([x, x]).sum(), "wg.stack"),
    (lambda x: x * 2 if x > 0 else x, "wg.where"),
    (lambda x: max(x, 0.0), "wg.maximum"),
    (lambda x: x if x * 2 == 4 else -x, "choose by a tensor"),
]


@pytest.mark.parametrize(("f", "instead"), READS)
def test_a_number_may_not_leave_a_function_that_is_differentiated(f: Any, instead: str) -> None:
    def f_of(x: Any) -> Any:
        return f(x)

    for differentiate in (
        lambda: wg.grad(f_of)(2.0),
        lambda: wg.value_and_grad(f_of)(wg.tensor(2.0)),
        lambda: wg.jacobian(f_of)(2.0),
        lambda: wg.hessian(f_of)(2.0),
        lambda: wg.vjp(f_of, 2.0),
        lambda: wg.jvp(f_of, [2.0], [1.0]),
        lambda: wg.hvp(f_of, [2.0], [1.0]),
    ):
        with pytest.raises(WhygradError, match="being differentiated") as refused:
            differentiate()
        assert instead in refused.value.message
        assert "detach()" in refused.value.message
        assert refused.value.source == __file__
    f(wg.tensor(2.0))  # outside, the numbers can be read


def test_the_refusal_names_the_line() -> None:
    def f(x: Any) -> Any:
        y = x * 2
        return y * y.item()

    with pytest.raises(WhygradError, match=r"test_transform.py, line \d+: item\(\)") as refused:
        wg.grad(f)(1.0)
    assert refused.value.line == f.__code__.co_firstlineno + 2


def test_a_number_held_still_on_purpose() -> None:
    assert wg.grad(lambda x: x * math.exp(x.detach()))(1.0).item() == math.e
    assert wg.grad(lambda x: x * x.detach())(3.0).item() == 3.0
    assert wg.grad(lambda x: 2 * x if x.detach() > 0 else -x)(3.0).item() == 2.0


def test_data_is_the_detached_tensor_as_in_pytorch() -> None:
    w = wg.nn.parameter([1.0, 2.0])
    assert isinstance(w.data, wg.Tensor)
    y = (w * w.data).sum()  # outside a function that is differentiated, as in a training loop
    assert wg.engine.backward.gradients(y, [w])[w].tolist() == [1.0, 2.0]
    iteration = wg.trace(lambda x: x * w.data + w, 2.0, 0.0, loss=lambda y, _: y.sum())
    assert iteration.run["L"] == 9.0


def test_what_is_not_differentiated_can_be_read() -> None:
    a = wg.tensor(3.0)
    assert wg.grad(lambda x: x * float(a))(a).item() == 3.0
    assert wg.grad(lambda x, n: x * int(n) if n > 1 else x)(1.0, wg.tensor(2)).item() == 2.0

    def inner_then_outer(x: Any) -> Any:
        slope = wg.grad(lambda z: z**3)(x)  # depends on x, and the inner function is done
        return float(slope) * x

    with pytest.raises(WhygradError, match="being differentiated"):
        wg.grad(inner_then_outer)(1.0)
    float(wg.grad(lambda x: x**3)(2.0))


def test_the_outer_argument_may_not_leave_in_an_inner_function() -> None:
    with pytest.raises(WhygradError, match="being differentiated"):
        wg.grad(lambda x: wg.grad(lambda z: z * float(x))(1.0))(2.0)


def test_a_detached_value_is_played_again() -> None:
    x = wg.tensor(2.0)
    y = x * x.detach()
    found = gradients(y, [x])
    tape, run, _ = write(y, also=[found[x]], gradients={x: found[x]})
    player = Player(tape, leaves_of(run))
    (leaf,) = (value.id for value in tape.values if value.role == "input")
    player.buffers[leaf][...] = 5.0
    player.play()
    assert player.buffers[tape.loss] == 25.0


@pytest.mark.parametrize("argnums", [3, -1, "x"])
def test_an_argument_that_is_not_there(argnums: Any) -> None:
    for of in (wg.grad, wg.jacobian, wg.hessian):
        with pytest.raises(WhygradError, match="argnums (names argument|is .x.)"):
            of(lambda x: x * x, argnums)(1.0)


def test_a_function_that_returns_something_else() -> None:
    for differentiate in (
        lambda: wg.grad(lambda x: "x")(1.0),  # type: ignore[arg-type, return-value]
        lambda: wg.jacobian(lambda x: [x])(1.0),  # type: ignore[arg-type, return-value]
        lambda: wg.vjp(lambda x: None, 1.0),  # type: ignore[arg-type, return-value]
    ):
        with pytest.raises(WhygradError, match="must return a tensor"):
            differentiate()
    assert wg.jacobian(lambda x: 3.0)(1.0).item() == 0.0  # type: ignore[arg-type, return-value]
