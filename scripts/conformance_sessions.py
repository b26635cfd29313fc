"""The trainings that the page's session is checked on: ``tests/conformance/sessions.json``.

Each is the message the page gets, and what Python makes of the same training: its losses, the
worked example of its first iteration, and how well it does in the end.
"""

from __future__ import annotations

from typing import Any

from whygrad.explain.worked import lines, worked_steps
from whygrad.spec import Spec, parse_spec
from whygrad.training.start import start
from whygrad.training.study import study
from whygrad.wire.messages import to_json

ITERATIONS = 60
#: the last batch of an epoch is smaller than the others, and the optimizer has state
UNEVEN = """
[network]
layers = [2, 3, 2]
activation = "tanh"
output = "linear"
[init]
seed = 5
[optimizer]
name = "sgd"
learning_rate = 0.1
momentum = 0.9
[data]
x = [[0.1, 0.2], [0.4, -0.3], [-0.5, 0.6], [0.7, 0.8], [-0.9, -0.2]]
y = [[0.3, -0.1], [0.1, 0.5], [0.9, 0.2], [-0.4, 0.6], [0.2, -0.7]]
batch = 2
[train]
iterations = 60
"""
#: the learning rate of each iteration is another, and one schedule reads the losses
COSINE = UNEVEN + '[schedule]\nname = "cosine"\nfinal = 0.1\n'
PLATEAU = UNEVEN + '[schedule]\nname = "plateau"\nfactor = 0.5\npatience = 2\n'
#: parts of a step are steps themselves: an activation and a loss that are made of others
COMPOSED = """
[network]
layers = [2, 3, 1]
activation = "gelu"
[loss]
name = "hinge"
[optimizer]
name = "adam"
learning_rate = 0.05
[schedule]
name = "one_cycle"
[data]
x = [[0, 0], [0, 1], [1, 0], [1, 1]]
y = [0, 1, 1, 0]
batch = 2
[train]
iterations = 50
"""
TRAININGS: dict[str, Spec | str] = {
    **{name: name for name in ("flow", "fanout", "neuron", "xor")},
    "uneven": parse_spec(UNEVEN),
    "cosine": parse_spec(COSINE),
    "plateau": parse_spec(PLATEAU),
    "composed": parse_spec(COMPOSED),
}


def sessions() -> list[dict[str, Any]]:
    """Return one case for each training."""
    return [_session(name, spec) for name, spec in TRAININGS.items()]


def _session(name: str, spec: Spec | str) -> dict[str, Any]:
    training = start(spec)
    message = to_json(study(training))
    iteration = training.iteration
    worked = [line for step in worked_steps(iteration.tape) for line in lines(iteration.run, step)]
    iteration.play(ITERATIONS)
    judged = training.evaluate()
    return {
        "name": name,
        "message": message,
        "lines": [[line.name, line.formula, line.value] for line in worked],
        "losses": list(iteration.losses),
        "evaluation": judged and {"loss": judged.loss, "accuracy": judged.accuracy},
    }
