"""A sweep's runs are the trainings they would be alone."""

from dataclasses import replace

import numpy as np
import pytest

from whygrad.errors import WhygradError
from whygrad.lab import sweep
from whygrad.lab import sweep as _sweep
from whygrad.lab.sweep import Sweep
from whygrad.spec import Spec, load_spec, spec_from_dict
from whygrad.training.start import start


def alone(spec: Spec, seed: int, rate: float, iterations: int, vary: bool = False) -> object:
    options = {**spec.optimizer.options, "learning_rate": rate}
    spec = replace(
        spec,
        init=replace(spec.init, seed=seed),
        optimizer=replace(spec.optimizer, options=options),
        train=replace(spec.train, iterations=iterations),
        data=replace(spec.data, seed=seed) if vary else spec.data,
    )
    training = start(spec)
    training.iteration.play(iterations)
    return training


def spec(**sections: object) -> Spec:
    return spec_from_dict(
        {
            "network": {"layers": [2, 4, 1], "activation": "relu", "output": "sigmoid"},
            "data": {"name": "xor", "batch": "all"},
            **sections,
        }
    )


def compare(given: Spec, found: Sweep, vary: bool = False) -> None:
    for i, rate in enumerate(found.learning_rates):
        for j, seed in enumerate(found.seeds):
            training = alone(given, seed, rate, found.iterations, vary)
            losses = np.array(training.iteration.losses)[found.at]  # type: ignore[attr-defined]
            np.testing.assert_allclose(found.losses[i, j], losses, rtol=1e-7, atol=1e-12)
            for name, numbers in found.parameters.items():
                kept = training.iteration.state[name]  # type: ignore[attr-defined]
                np.testing.assert_allclose(numbers[i, j], kept, rtol=1e-6, atol=1e-9)
            accuracy = training.evaluate().accuracy  # type: ignore[attr-defined]
            assert found.accuracy[i, j] == pytest.approx(accuracy)


CASES = {
    "full batch": (spec(), False),
    "one by one": (spec(data={"name": "xor", "batch": 1}), False),
    "uneven batches": (
        spec(data={"name": "noisy_xor", "points": 50, "batch": 16}, optimizer={"name": "adam"}),
        False,
    ),
    "other data": (
        spec(data={"name": "noisy_xor", "points": 50, "batch": 16}, optimizer={"name": "rmsprop"}),
        True,
    ),
    "cosine": (spec(schedule={"name": "cosine"}), False),
    "plateau": (spec(schedule={"name": "plateau", "patience": 2, "factor": 0.5}), False),
    "orthogonal": (spec(init={"name": "orthogonal"}), False),
    "classes": (
        spec(
            network={"layers": [2, 5, 3], "activation": "tanh"},
            data={"name": "gaussians", "classes": 3, "points": 30, "batch": 10},
        ),
        False,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_run_is_the_training_alone(case: str) -> None:
    given, vary = CASES[case]
    found = sweep(given, range(3), [0.5, 0.05], 40, vary_data=vary, points=7)
    assert found.losses.shape == (2, 3, 7)
    compare(given, found, vary)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sweep(spec(), range(10), [0.1, 1.0], 50)
    monkeypatch.setattr(_module(), "BLOCK", 7)
    monkeypatch.setattr(_module(), "JUDGED_AT_ONCE", 9)
    parts = sweep(spec(), range(10), [0.1, 1.0], 50)
    np.testing.assert_array_equal(whole.losses, parts.losses)
    np.testing.assert_array_equal(whole.accuracy, parts.accuracy)
    np.testing.assert_array_equal(whole.parameters["W1"], parts.parameters["W1"])


def _module() -> object:
    import sys

    return sys.modules[_sweep.__module__]


def test_progress_is_told_and_ends_at_all() -> None:
    told: list[tuple[int, int]] = []
    sweep(spec(), range(4), iterations=30, points=5, progress=lambda *now: told.append(now))
    assert told == sorted(told)
    assert told[-1] == (120, 120)


def test_it_says_what_share_was_solved_and_counts_dead_units() -> None:
    found = sweep("xor-corners", range(40), iterations=2000)
    assert 0.1 < found.share_solved[0] < 0.9
    assert found.solved.shape == (1, 40)
    assert 0 < found.dead.mean() < 4
    unsolved = found.dead[~found.solved]
    assert unsolved.mean() > found.dead[found.solved].mean()


def test_what_is_refused() -> None:
    with pytest.raises(WhygradError, match="at least 1 seed"):
        sweep(spec(), [])
    with pytest.raises(WhygradError, match="learning rates are numbers"):
        sweep(spec(), [1], [float("nan")])
    with pytest.raises(WhygradError, match="a \\[formula\\] has no weights"):
        sweep(load_spec("neuron"), [1])
