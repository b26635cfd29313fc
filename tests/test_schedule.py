"""Schedules against PyTorch's, and in the run of a training."""

import numpy as np
import pytest
import torch

import whygrad as wg
from whygrad import nn, optim
from whygrad.errors import SpecError, WhygradError
from whygrad.optim.schedule import Rates, Schedule, schedule
from whygrad.spec import spec_from_dict, spec_to_dict
from whygrad.training.start import start

TORCHS = torch.optim.lr_scheduler
N = 60


def torch_rates(make: object, losses: list[float] | None = None) -> list[float]:
    assert callable(make)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    scheduler = make(optimizer)
    rates: list[float] = []
    for i in range(N):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if losses is None:
            scheduler.step()
        else:
            scheduler.step(losses[i])
    return rates


@pytest.mark.parametrize(
    ("mine", "torchs"),
    [
        (schedule("constant"), lambda o: TORCHS.ConstantLR(o, factor=1.0)),
        (schedule("step", every=7, gamma=0.5), lambda o: TORCHS.StepLR(o, 7, 0.5)),
        (schedule("cosine", total=N), lambda o: TORCHS.CosineAnnealingLR(o, N)),
        (
            schedule("cosine", iterations=N, final=0.2),
            lambda o: TORCHS.CosineAnnealingLR(o, N, eta_min=0.1),
        ),
        (
            schedule("warmup", iterations=9, start=0.25),
            lambda o: TORCHS.LinearLR(o, start_factor=0.25, total_iters=9),
        ),
        (
            schedule("one_cycle", total=N + 1),
            lambda o: TORCHS.OneCycleLR(o, 0.5, total_steps=N + 1, cycle_momentum=False),
        ),
        (
            schedule("one_cycle", iterations=N + 1, rise=0.5, start=0.1, final=0.01),
            lambda o: TORCHS.OneCycleLR(
                o,
                0.5,
                total_steps=N + 1,
                pct_start=0.5,
                div_factor=10,
                final_div_factor=10,
                cycle_momentum=False,
            ),
        ),
    ],
)
def test_rates_are_pytorchs(mine: Schedule, torchs: object) -> None:
    rates = [0.5 * mine.share(i) for i in range(N)]
    np.testing.assert_allclose(rates, torch_rates(torchs), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(
    "options", [{}, {"patience": 2, "cooldown": 3, "factor": 0.5, "final": 0.1}]
)
def test_plateau_is_pytorchs(options: dict[str, float]) -> None:
    noise = np.random.default_rng(0).random(N)
    losses = [float(1 / (1 + i / 9) + 0.3 * noise[i]) for i in range(N)]
    given = {"patience": 4, **options}
    mine = schedule("plateau", **given)
    torchs = dict(given)
    final = torchs.pop("final", 0.0)
    expected = torch_rates(
        lambda o: TORCHS.ReduceLROnPlateau(o, min_lr=0.5 * final, eps=0, **torchs), losses
    )
    rates = [0.5 * mine.share(i, losses) for i in range(N)]
    assert len(set(rates)) > 2
    np.testing.assert_allclose(rates, expected, rtol=1e-12)
    walking = Rates(mine)
    assert [0.5 * walking.share(i, losses) for i in range(N)] == rates
    assert 0.5 * walking.share(20, losses) == rates[20]  # and back again


def test_shares_stay_level_beyond_the_end() -> None:
    for name in ("cosine", "one_cycle", "warmup"):
        one = schedule(name, iterations=10)
        assert one.share(10) == pytest.approx(one.share(1000), abs=1e-6)
    assert schedule("cosine", iterations=1, final=0.5).share(3) == 0.5
    assert schedule("one_cycle", iterations=1).share(0) == pytest.approx(4e-6)


def test_a_training_follows_its_schedule() -> None:
    spec = {
        "network": {"layers": [2, 4, 1]},
        "data": {"name": "xor"},
        "optimizer": {"learning_rate": 0.5},
        "schedule": {"name": "cosine"},
        "train": {"iterations": 20},
    }
    training = start(spec_from_dict(spec))
    rates = [float(training.iteration.play(1)["learning_rate"]) for _ in range(5)]
    expected = schedule("cosine", total=20)
    assert rates == [0.5 * expected.share(i) for i in range(5)]
    many = start(spec_from_dict(spec)).iteration
    assert float(many.play(5)["learning_rate"]) == rates[4]
    assert many.losses == training.iteration.losses
    assert float(many.peek()["learning_rate"]) == 0.5 * expected.share(5)
    many.set_hyperparameter("learning_rate", 0.25)
    assert float(many.play(1)["learning_rate"]) == 0.25 * expected.share(5)


def test_plateau_in_a_training_reads_its_losses() -> None:
    w = nn.parameter([1.0], name="w")
    plateau = schedule("plateau", patience=1, factor=0.5)
    traced = wg.trace(
        lambda x: x * w, [[0.0]], [[1.0]], optimizer=optim.SGD([w], 0.5), schedule=plateau
    )
    rates = [float(traced.play(1)["learning_rate"]) for _ in range(6)]
    assert rates == [0.5, 0.5, 0.5, 0.25, 0.25, 0.125]


def test_a_spec_keeps_its_schedule() -> None:
    given = {
        "network": {"layers": [2, 1]},
        "data": {"name": "xor"},
        "schedule": {"name": "step", "every": 3},
    }
    spec = spec_from_dict(given)
    assert spec.schedule.options == {"every": 3, "gamma": 0.1}
    assert spec_from_dict(spec_to_dict(spec)) == spec


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"name": "cosin"}, "unknown schedule 'cosin': did you mean 'cosine'"),
        ({"name": "step", "evry": 3}, "unknown key 'evry': did you mean 'every'"),
        ({"name": "step", "every": 0}, "every: must be a whole number from 1"),
        ({"name": "warmup", "start": 2.0}, "start: must be a number from 0 to 1, not 2.0"),
    ],
)
def test_a_wrong_section_is_refused(section: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        spec_from_dict(
            {"network": {"layers": [2, 1]}, "data": {"name": "xor"}, "schedule": section}
        )


def test_unknown_names_and_options_are_refused() -> None:
    with pytest.raises(WhygradError, match="did you mean 'plateau'"):
        schedule("platau")
    with pytest.raises(WhygradError, match="gamma"):
        schedule("step", gamma=-1.0)
