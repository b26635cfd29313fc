"""whygrad's own networks under the doctor: the same run, and what is wrong with it."""

import shlex
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from click.testing import CliRunner  # noqa: E402

from whygrad import Network  # noqa: E402
from whygrad.cli.commands import whygrad  # noqa: E402
from whygrad.doctor import Report, diagnose  # noqa: E402
from whygrad.doctor.networks import LOSSES, module  # noqa: E402
from whygrad.errors import WhygradError  # noqa: E402
from whygrad.optim import OPTIMIZERS  # noqa: E402
from whygrad.spec import load_spec, spec_from_dict, spec_to_dict  # noqa: E402
from whygrad.spec.model import LOSSES as SPEC_LOSSES  # noqa: E402
from whygrad.training.start import start  # noqa: E402

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 10, float)
XOR = np.array([0, 1, 1, 0] * 10, float)


def spec(name: str = "xor", **sections: Any) -> Any:
    told = spec_to_dict(load_spec(name))
    for section, more in sections.items():
        told[section] = {**told.get(section, {}), **more}  # type: ignore[dict-item]
    return spec_from_dict(told)


def causes(report: Report) -> list[str]:
    assert not any("whygrad's own run" in note for note in report.notes)
    return [finding.cause for finding in report.findings]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("clip", [0.0, 0.01])
def test_every_optimizer_makes_the_same_run(optimizer: str, clip: float) -> None:
    told = {"name": optimizer, "learning_rate": 0.05, "clip_norm": clip, "clip_value": clip}
    schedule = {"name": "cosine"}
    made = spec_to_dict(spec(train={"iterations": 60}, schedule=schedule))
    causes(diagnose(spec_from_dict({**made, "optimizer": told}), iterations=40))


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        ("mse", "tanh"), ("mae", "linear"), ("l1", "relu"), ("huber", "linear"),
        ("smooth_l1", "linear"), ("bce", "sigmoid"), ("bce_with_logits", "linear"),
        ("hinge", "tanh"), ("mse", "softmax"), ("cross_entropy", "softmax"), ("kl_div", "softmax"),
    ],
)  # fmt: skip
def test_every_loss_makes_the_same_run(loss: str, output: str) -> None:
    assert set(LOSSES) == set(SPEC_LOSSES)
    preset = "spirals" if output == "softmax" else "xor"
    made = spec(preset, network={"output": output}, loss={"name": loss})
    causes(diagnose(made, iterations=25))


def test_a_run_that_is_not_the_same_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOSSES, "bce", lambda z, t: 2 * ((z - t) ** 2).mean())
    (note,) = diagnose("xor-corners", iterations=5).notes
    assert "in iteration 1 the loss is" in note


@pytest.fixture
def faint(tmp_path: Path) -> Path:
    """Return a six-layer sigmoid network that learns nothing in 300 iterations."""
    path = tmp_path / "six layers.toml"
    path.write_text(
        '[network]\nlayers = [2, 8, 8, 8, 8, 8, 1]\nactivation = "sigmoid"\noutput = "sigmoid"\n'
        '[loss]\nname = "bce"\n[data]\nname = "moons"\n'
    )
    return path


def test_a_report_leads_into_the_network_that_was_examined(faint: Path, tmp_path: Path) -> None:
    report = diagnose(str(faint))
    why = report.findings[0].links[0]
    name, *words = shlex.split(why)
    assert (name, words) == ("whygrad", ["why", str(faint), "dL/dW1[0,0]"])
    assert CliRunner().invoke(whygrad, words).exit_code == 0
    assert f"   in this network: {why}\n" in str(report)
    assert "   the same mechanism in another network: whygrad why moons" in str(report)
    report.to_html(tmp_path / "page.html")
    assert "<li>in this network: whygrad why" in (tmp_path / "page.html").read_text("utf-8")


def test_first_weights_drawn_otherwise_are_tried_before_it_is_said_that_nothing_helps(
    faint: Path,
) -> None:
    """`init = "normal"` takes it to 89 %: it is offered, with what its replay showed."""
    (finding,) = diagnose(str(faint)).findings
    assert finding.cause == "vanishing_gradient"
    assert finding.consequences == ()
    (drawn,) = (remedy for remedy in finding.remedies if remedy.key == "normal_weights")
    assert drawn.name == "Weights drawn from N(0, 1), biases 0"
    assert "in a replay of at most its first 250 updates it regains" in drawn.tried
    assert drawn.tried.endswith("of what is missing, which says nothing of longer training")
    told = tomllib.loads(faint.read_text())
    training = start(spec_from_dict({**told, "init": {"name": "normal"}}))
    training.iteration.train(2000)
    evaluation = training.evaluate()
    assert evaluation is not None
    assert evaluation.accuracy > 0.85


def test_what_replays_did_not_cure_is_said_with_what_they_were(faint: Path) -> None:
    """One unit cannot hold two moons, whatever its first weights are."""
    text = faint.read_text().replace("8, 8, 8, 8, 8", "1").replace("sigmoid", "tanh", 1)
    faint.write_text(text)
    (under,) = diagnose(str(faint)).findings
    assert under.cause == "underfitting"
    assert "no change" not in under.mechanism
    assert "each in a replay of at most its first 250 updates, the best regains" in under.mechanism
    for name in ("He's rule, biases 0", "Glorot's rule, biases 0", "from N(0, 1), biases 0"):
        assert name in under.mechanism
    assert "says nothing of longer training, of first weights drawn by other" in under.mechanism


def test_layers_that_a_remedy_adds_take_the_networks_precision(faint: Path) -> None:
    faint.write_text(faint.read_text() + "batch = 32\n")
    report = diagnose(str(faint))
    assert report.play is not None
    assert report.play("batch_norm", {}, 0).scores is not None


def test_a_sound_network_is_healthy() -> None:
    assert causes(diagnose("xor-corners")) == []


@pytest.mark.parametrize(
    ("sections", "cause"),
    [
        ({"optimizer": {"learning_rate": 50.0}}, "learning_rate_too_high"),
        ({"optimizer": {"learning_rate": 1e-6}}, "learning_rate_too_low"),
        ({"init": {"b1": [-40.0] * 4}}, "bad_initialisation"),
        ({"network": {"activation": ["linear"]}}, "missing_activation"),
        (
            {"network": {"layers": [2, *[8] * 8, 1], "activation": ["sigmoid"] * 8}},
            "vanishing_gradient",
        ),
    ],
)
def test_what_is_wrong_with_a_spec_is_named(sections: Any, cause: str) -> None:
    assert causes(diagnose(spec(**sections), iterations=600))[0] == cause


def test_a_network_is_examined_with_its_rows_and_left_as_it_was() -> None:
    net = Network([2, 4, 1], "tanh", "sigmoid", seed=123)
    before = net.get_state()
    report = diagnose(net, CORNERS, XOR, learning_rate=2.0, iterations=200)
    assert causes(report) == []
    assert all((net.get_state()[name] == array).all() for name, array in before.items())
    with pytest.raises(WhygradError, match="no rows of its own"):
        diagnose(net)


def test_a_formula_has_no_layers() -> None:
    with pytest.raises(WhygradError, match="is a formula"):
        diagnose("neuron")


def test_the_weights_are_the_specs() -> None:
    net = module(start("xor").spec)
    state = start("xor").iteration.state
    assert np.array_equal(net.layer1.weight.detach().numpy(), state["W1"].T)
    assert [name for name, _ in net.named_children()] == ["layer1", "relu1", "layer2", "sigmoid2"]


def test_the_command_takes_a_preset_and_a_file(tmp_path: Any) -> None:
    done = CliRunner().invoke(whygrad, ["doctor", "xor-corners"])
    assert done.exit_code == 0, done.output
    assert "nothing was found" in done.stdout
    path = tmp_path / "mine.toml"
    path.write_text(
        '[network]\nlayers = [2, 4, 1]\nactivation = "relu"\noutput = "sigmoid"\n'
        "[init]\nW1 = [[0, 0, 0, 0], [0, 0, 0, 0]]\nW2 = [[0], [0], [0], [0]]\n"
        '[data]\nname = "xor"\nbatch = "all"\n',
        encoding="utf-8",
    )
    done = CliRunner().invoke(whygrad, ["doctor", str(path)])
    assert done.exit_code == 0, done.output
    assert "1. bad initialisation — layer1.weight" in done.stdout
