"""What a layer carries from one iteration to the next: running statistics, turns at dropout."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import whygrad as wg
from whygrad import nn
from whygrad.engine.tensor import tensor
from whygrad.optim import SGD
from whygrad.tape.many import ManyPlayer
from whygrad.tape.player import Player
from whygrad.tape.run import leaves_of
from whygrad.tape.tape import Tape

X = np.random.default_rng(0).normal(size=(6, 4))
Y = np.random.default_rng(1).normal(size=(6, 2))


def normed() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 3, stream="W1"), nn.BatchNorm1d(3), nn.Linear(3, 2))


def dropped(**options: object) -> nn.Sequential:
    drop = nn.Dropout(0.4, **options)  # type: ignore[arg-type]
    return nn.Sequential(nn.Linear(4, 8, stream="W1"), drop, nn.Dropout(0.25), nn.Linear(8, 2))


def sgd(model: nn.Module) -> SGD:
    return SGD(model.parameters(), 0.1)


@pytest.mark.parametrize("played", [True, False])
def test_batch_norm_keeps_pytorchs_running_statistics(played: bool) -> None:
    ours, theirs = nn.BatchNorm1d(4, momentum=0.3), torch.nn.BatchNorm1d(4, momentum=0.3).double()
    if played:
        traced = wg.trace(ours, X, X, optimizer=sgd(ours))
        assert ours.running_mean is not None
        assert ours.running_mean.tolist() == [0.0] * 4  # recording alone changes nothing
        traced.play(3)
    for _ in range(3):
        if not played:
            ours(tensor(X))
        theirs(torch.tensor(X))
    assert ours.running_mean is not None
    assert ours.running_var is not None
    np.testing.assert_allclose(ours.running_mean.array, theirs.running_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(ours.running_var.array, theirs.running_var.numpy(), rtol=1e-12)
    assert [name for name, _ in ours.named_buffers()] == ["running_mean", "running_var"]
    fresh = X[:1] + 0.5
    expected = torch.nn.functional.batch_norm(
        torch.tensor(fresh), theirs.running_mean, theirs.running_var,
        torch.tensor(ours.weight.array), torch.tensor(ours.bias.array),
    )  # fmt: skip
    np.testing.assert_allclose(ours.eval()(tensor(fresh)).array, expected.numpy(), rtol=1e-12)


def test_batch_norm_without_running_statistics_always_uses_the_batchs() -> None:
    layer = nn.BatchNorm1d(4, track_running_stats=False)
    assert layer(tensor(X)).tolist() == layer.eval()(tensor(X)).tolist()
    assert list(layer.named_buffers()) == []


def test_train_and_eval_reach_every_layer() -> None:
    model = nn.Sequential(nn.Residual(nn.Linear(4, 4), nn.Dropout(0.5)), nn.BatchNorm1d(4))
    assert model.eval() is model
    inner = model.layers[0]
    assert isinstance(inner, nn.Residual)
    assert not any(m.training for m in (model, inner, inner.layers[1], model.layers[1]))
    model.train()
    assert inner.layers[1].training
    assert "bernoulli" not in str(wg.trace(model.eval(), X, X, optimizer=sgd(model)).tape)


def test_buffers_are_on_the_tape_by_name_and_survive_json() -> None:
    model = normed()
    traced = wg.trace(model, X, Y, optimizer=sgd(model))
    value = traced.tape.find("1.running_mean")
    assert value.role == "buffer"
    after = traced.tape.find("1.running_mean_new")
    assert (value.id, after.id) in traced.tape.carries
    assert Tape.from_json(traced.tape.to_json()).carries == traced.tape.carries
    assert set(traced.state) >= {"1.running_mean", "1.running_var", "1.weight", "W1"}


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    x = tensor(np.ones((400, 50)))
    y = nn.Dropout(0.3)(x).array
    assert set(np.unique(y).round(12)) == {0.0, round(1 / 0.7, 12)}
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert nn.Dropout(1.0)(x).array.sum() == 0.0
    assert nn.Dropout(0.0)(x) is x
    assert nn.Dropout(0.3).eval()(x) is x


def test_each_use_drops_other_elements_and_a_seed_drops_the_same_again() -> None:
    x = tensor(np.ones((20, 20)))
    layer, again, other = nn.Dropout(), nn.Dropout(), nn.Dropout(seed=1)
    first, second = layer(x).array, layer(x).array
    assert (first != second).any()
    assert (first == again(x).array).all()
    assert (first != other(x).array).any()
    assert layer.turn.item() == 2.0


def test_layers_of_one_network_drop_independently() -> None:
    x = tensor(np.ones((20, 20)))
    streams = [
        step.params["stream"]
        for step in wg.trace(nn.Sequential(nn.Dropout(), nn.Dropout()), x, x).tape.steps
        if step.op == "bernoulli"
    ]
    assert streams == ["dropout/layers.0", "dropout/layers.1"]
    shared = nn.Dropout()
    traced = wg.trace(nn.Sequential(shared, shared), x, x)
    masks = [traced.run[s.output] for s in traced.tape.steps if s.op == "bernoulli"]
    assert (masks[0] != masks[1]).any()  # one layer used twice takes two turns
    traced.play(1)
    assert shared.turn.item() == 2.0


@pytest.mark.parametrize("make", [normed, dropped])
def test_training_played_is_training_recorded_anew(make: object) -> None:
    model, other = make(), make()  # type: ignore[operator]
    traced = wg.trace(model, X, Y, optimizer=sgd(model))
    traced.play(4)
    losses = []
    for _ in range(4):
        anew = wg.trace(other, X, Y, optimizer=sgd(other))
        anew.play(1)
        losses += anew.losses
    assert traced.losses == losses
    assert len(set(losses)) == 4
    names = zip(model.named_buffers(), other.named_buffers(), strict=True)
    assert all(a.tolist() == b.tolist() for (_, a), (_, b) in names)


def test_a_replay_from_the_same_state_drops_the_same() -> None:
    model = dropped(stream="mine")
    traced = wg.trace(model, X, Y, optimizer=sgd(model))
    start = traced.state
    traced.play(5)
    first = list(traced.losses)
    traced.set_state(start)
    traced.play(5)
    assert traced.losses[5:] == first


def test_another_batch_size_draws_a_mask_of_its_own() -> None:
    traced = wg.trace(dropped(), X, Y)
    leaves = dict(leaves_of(traced.run))
    for name, array in (("x", X), ("t", Y)):
        leaves[traced.tape.find(name).id] = np.concatenate([array, array])
    player = Player(traced.tape, leaves)
    player.play()
    mask = next(player.buffers[s.output] for s in traced.tape.steps if s.op == "bernoulli")
    assert mask.shape == (12, 8)
    assert 0.3 < mask.mean() < 0.9


def test_many_runs_take_the_same_turns() -> None:
    model = dropped()
    traced = wg.trace(model, X, Y, optimizer=sgd(model))
    leaves = dict(leaves_of(traced.run))
    many = ManyPlayer(traced.tape, leaves, 3)
    many.train(3)
    alone = Player(traced.tape, leaves)
    for _ in range(3):
        alone.play()
        alone.carry()
    np.testing.assert_allclose(many.losses(), alone.buffers[traced.tape.loss], rtol=1e-9)


def test_float32_stays_float32() -> None:
    model = nn.Sequential(normed(), nn.Dropout(0.5)).to("float32")
    x = tensor(X.astype("float32"))
    traced = wg.trace(model, x, tensor(Y.astype("float32")), optimizer=sgd(model))
    assert {v.dtype for v in traced.tape.values} == {"float32"}
    traced.play(2)
    assert {b.dtype.name for _, b in model.named_buffers()} == {"float32"}
