"""A spec says what to trace; what it may not say is refused with file, line and the way out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whygrad import spec as spec_module
from whygrad.errors import DataError, SpecError, WhygradError
from whygrad.optim import OPTIMIZERS
from whygrad.spec import (
    DataSpec,
    FormulaSpec,
    InitSpec,
    LossSpec,
    NetworkSpec,
    OptimizerSpec,
    Spec,
    Statement,
    TrainSpec,
    load_spec,
    parse_spec,
    preset_names,
    resolve,
    shape_of,
    spec_from_dict,
    spec_to_dict,
)
from whygrad.training.start import start

NETWORK = {"network": {"layers": [2, 4, 1]}, "data": {"name": "xor"}}
INLINE = {"x": [[0, 0], [1, 1]], "y": [0, 1]}


def network(**sections: Any) -> dict[str, Any]:
    """A small right spec, with the keys of some sections changed."""
    merged: dict[str, Any] = {name: dict(keys) for name, keys in NETWORK.items()}
    for name, keys in sections.items():
        merged[name] = {**merged.get(name, {}), **keys} if isinstance(keys, dict) else keys
    return merged


def inline(**sections: Any) -> dict[str, Any]:
    """The same on numbers given outright."""
    return {**network(**sections), "data": {**INLINE, **sections.get("data", {})}}


def refused(mapping: dict[str, Any]) -> str:
    with pytest.raises(WhygradError) as error:
        resolve(spec_from_dict(mapping))
    message = str(error.value)
    assert message.startswith("spec: ")
    assert "\n" not in message
    assert len(message) < 600
    return message


def refused_text(text: str | bytes) -> str:
    with pytest.raises(SpecError) as error:
        resolve(parse_spec(text, "my.toml"))
    return str(error.value)


# --- defaults and presets --------------------------------------------------------------------


def test_everything_but_network_and_data_has_a_default() -> None:
    assert spec_from_dict(NETWORK) == Spec(
        name="spec",
        network=NetworkSpec((2, 4, 1), ("relu",)),
        init=InitSpec("he", 0),
        loss=LossSpec(),
        optimizer=OptimizerSpec("sgd", {k: o.default for k, o in OPTIMIZERS["sgd"].items()}),
        data=DataSpec(name="xor", batch=1, shuffle=True),
        train=TrainSpec(300),
    )


def test_the_issues_example_is_read() -> None:
    spec = parse_spec(
        """
        [network]
        layers = [2, 4, 1]
        activation = "relu"            # or one per hidden layer
        output = "sigmoid"
        [init]
        name = "he"
        seed = 123
        [loss]
        name = "bce"
        [optimizer]
        name = "sgd"
        learning_rate = 0.5
        [data]
        name = "xor"
        batch = 1
        [train]
        iterations = 300
        """,
        "example.toml",
    )
    assert spec.name == "example"
    assert spec.init == InitSpec("he", 123)
    assert spec.optimizer.learning_rate == 0.5
    assert spec.lines["optimizer.learning_rate"] == 13


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_whole(name: str) -> None:
    spec = load_spec(name)
    assert spec.name == name
    assert spec.title
    assert spec.description.endswith(".")
    filled, dataset = resolve(spec)
    assert (dataset is None) == (spec.network is None)
    # presets say their output and loss, so a reader sees them
    assert filled == spec
    assert spec_from_dict(spec_to_dict(spec)) == spec


def test_the_presets_are_the_files_of_the_folder() -> None:
    folder = Path(spec_module.__file__).parent / "presets"
    assert sorted(preset_names()) == sorted(path.stem for path in folder.glob("*"))


def test_flow_and_calculator_are_the_issues() -> None:
    flow, dataset = resolve(load_spec("flow"))
    assert flow.network == NetworkSpec((1, 1, 1), ("relu",), "linear")
    assert flow.loss.name == "mse"
    assert flow.optimizer.learning_rate == 0.1
    assert dataset is not None
    assert (dataset.x.tolist(), dataset.y.tolist()) == ([[1]], [[2]])
    assert flow.init.weights == {"W1": ((0.5,),), "b1": (0,), "W2": ((0.5,),), "b2": (0,)}
    calculator, dataset = resolve(load_spec("calculator"))
    assert dataset is not None
    assert (dataset.x.tolist(), dataset.y.tolist()) == ([[2]], [[1]])
    assert calculator.init.weights == {
        "W1": ((0.5,),),
        "b1": (0.1,),
        "W2": ((-0.3,),),
        "b2": (0.2,),
    }


def test_xor_marks_its_flipped_points() -> None:
    _, dataset = resolve(load_spec("xor"))
    assert dataset is not None
    assert dataset.flipped is not None
    assert (len(dataset), dataset.flipped.sum()) == (200, 10)
    assert dataset.evaluation is not None
    assert len(dataset.evaluation) == 4


@pytest.mark.parametrize("name", ["xor", "xor-corners"])
def test_xor_starts_with_live_units_and_solves_every_corner(name: str) -> None:
    training = start(name)
    first = training.iteration.run
    assert (first["z1"] > 0).any()
    training.iteration.play(training.spec.train.iterations)
    evaluation = training.evaluate()
    assert evaluation is not None
    assert len(evaluation.outputs) == 4
    assert evaluation.solved.all()
    assert evaluation.loss < 0.1


def test_formulas_hold_statements_parameters_and_inputs() -> None:
    neuron = load_spec("neuron")
    assert neuron.formula == FormulaSpec(
        (Statement("z", "w*x + b"), Statement("a", "relu(z)"), Statement("L", "(y - a)**2")),
        {"w": 0.5, "b": 0.1},
    )
    assert neuron.data.inputs == {"x": 2.0, "y": 2.0}
    fanout = load_spec("fanout")
    assert fanout.formula == FormulaSpec(
        (Statement("a", "x + 1"), Statement("L", "x * a")), {"x": 2.0}
    )
    assert resolve(fanout) == (fanout, None)


# --- loading ---------------------------------------------------------------------------------


def test_a_file_is_loaded_and_its_csv_is_looked_for_beside_it(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b,y\n1,2,0\n3,4,1\n", encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(
        '[network]\nlayers = [2, 1]\n[data]\ncsv = "points.csv"\ntarget = ["y"]\n',
        encoding="utf-8",
    )
    spec = load_spec(path)
    assert load_spec(str(path)) == spec
    assert (spec.name, spec.source) == ("mine", "mine.toml")
    filled, dataset = resolve(spec)
    assert dataset is not None
    assert (dataset.name, dataset.feature_names) == ("points", ("a", "b"))
    assert filled.network is not None
    assert (filled.network.output, filled.loss.name) == ("sigmoid", "bce")


def test_a_name_that_is_neither_preset_nor_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError, match="unknown preset or file 'xr': did you mean 'xor'"):
        load_spec("xr")
    with pytest.raises(SpecError, match="unknown preset or file"):
        load_spec("x" * 5000)
    with pytest.raises(DataError, match="cannot read a spec: there is no such file"):
        load_spec("xr.toml")
    (tmp_path / "plain").write_text("[formula]\nx = 1.0\nL = 'x'\n", encoding="utf-8")
    assert load_spec("plain").formula is not None
    (tmp_path / "xor").write_text("nonsense", encoding="utf-8")
    assert load_spec("xor").network is not None
    with pytest.raises(SpecError, match="this is not TOML"):
        load_spec("./xor")


def test_a_name_that_cannot_be_a_path_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Path) -> bool:
        raise OSError(36, "File name too long")

    monkeypatch.setattr(Path, "exists", fails)
    with pytest.raises(SpecError, match="unknown preset or file 'abc'"):
        load_spec("abc")


def test_too_long_a_spec_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.toml"
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(DataError, match=r"long\.toml: a spec may hold 1\.0 MB"):
        load_spec(path)
    with pytest.raises(SpecError, match="may hold 1,000,000 bytes"):
        parse_spec("#" * 1_000_001)


# --- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n[network}\n", "my.toml, line 2: this is not TOML: "),
        ("a = 1\na = 2\n", "my.toml, line 2: this is not TOML: Cannot overwrite a value"),
        ("[network]\nlayers = [2, 1", "my.toml: this is not TOML: Unclosed array"),
        (b"a = 1\n\xff", "my.toml, line 2: byte 0xff is not UTF-8 text"),
        ("a = '\ud800'", "my.toml: the text is not Unicode"),
        ("a = " + "[" * 5000, "my.toml, line 1: brackets are nested more than 32 deep"),
        ("", "my.toml: nothing to trace: write either [network]"),
        ("network = 3\ndata.name = 'xor'", "my.toml, line 1: network: must be a section"),
        (
            "[network]\nlayers = [2, 1]\n[formula]\nx = 1.0\n",
            "my.toml, line 3: formula: both [network] and [formula]",
        ),
        (
            "[nework]\nlayers = [2, 1]",
            "line 1: nework: unknown section 'nework': did you mean 'net",
        ),
        (
            "[network]\nlayers = [2, 4, 1]\n[optimizer]\nlr = 0.1\n[data]\nname = 'xor'",
            "line 4: [optimizer] lr: unknown key 'lr'",
        ),
        (
            "optimizer.learning_rate = -1\nnetwork.layers = [2, 1]\ndata.name = 'xor'",
            "line 1: [optimizer] learning_rate: must be a number from 0 to 1000, not -1",
        ),
        (
            "\n[network]\nlayers = [3, 1]\n[data]\nname = 'xor'",
            "line 3: [network] layers: the first layer takes 3 numbers, but xor has 2 features",
        ),
        (
            "[formula]\nx = 1.0\n\n'L' = 'x + z'",
            "my.toml, line 4: [formula] L: unknown name 'z': Defined so far: x. A number",
        ),
        ("[network]\n[data]\nname = 'xor'", "line 1: [network] layers: must be a list"),
        ("name = 2020-01-01\n[formula]\nx = 1", "line 1: name: must be text in quotation marks"),
    ],
)
def test_a_fault_is_named_with_its_line(text: str | bytes, message: str) -> None:
    assert message in refused_text(text)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parse_spec(b"\xef\xbb\xbf[formula]\nx = 1\nL = 'x'").formula is not None


# --- what each section may say ---------------------------------------------------------------


def test_one_activation_or_one_per_hidden_layer() -> None:
    for written, expected in [
        ("tanh", ("tanh", "tanh")),
        (["relu", "linear"], ("relu", "linear")),
    ]:
        spec = spec_from_dict(network(network={"layers": [2, 3, 3, 1], "activation": written}))
        assert spec.network is not None
        assert spec.network.activation == expected
    spec = spec_from_dict(network(network={"layers": [2, 1]}))
    assert spec.network is not None
    assert spec.network.activation == ()


@pytest.mark.parametrize(
    ("section", "keys", "message"),
    [
        ("network", {"layer": [2]}, "[network] layer: unknown key 'layer': did you mean 'layers'"),
        ("network", {"layers": "2-4-1"}, "[network] layers: must be a list of whole numbers"),
        ("network", {"layers": [2]}, "1 size: write at least 2"),
        ("network", {"layers": [2] * 14}, "14 sizes: write at least 2"),
        ("network", {"layers": [2, 0, 1]}, "a layer has 1 to 1024 units, not 0"),
        ("network", {"layers": [2, 1025, 1]}, "not 1025"),
        ("network", {"layers": [2, 2.0, 1]}, "not 2.0"),
        ("network", {"layers": [2, True, 1]}, "not true"),
        ("network", {"activation": "rleu"}, "activation: unknown activation 'rleu': did you mean"),
        ("network", {"activation": ["rleu"]}, "unknown activation 'rleu'"),
        ("network", {"activation": [["relu"]]}, "unknown activation \"['relu']\""),
        ("network", {"activation": 3}, "must be a name, or a list of one per hidden layer, not 3"),
        ("network", {"activation": []}, "0 names for 1 hidden layer (layers = [2, 4, 1])"),
        ("network", {"output": "logits"}, "unknown output 'logits'"),
        ("network", {"output": "softmax"}, "the softmax of a single number is always 1"),
        ("network", {"output": 1}, "[network] output: must be text in quotation marks, not 1"),
        ("init", {"name": "hee"}, "[init] name: unknown initialiser 'hee': did you mean 'he'"),
        ("init", {"std": 1}, "unknown key 'std'"),
        ("init", {"name": "normal", "std": -1}, "[init] std: must be a number from 0 to 1000000"),
        ("init", {"name": "uniform", "low": 2}, "low (2) is above high (1)"),
        ("init", {"seed": 2**53}, "seed: must be a whole number from 0 to 9007199254740991"),
        ("init", {"seed": 1.5}, "seed: must be a whole number"),
        ("init", {"W3": 1}, '(These go with name = "he".)'),
        ("init", {"W1": 0.5}, "[init] W1: has shape (), but layer 1 needs (2, 4): from 2 inputs"),
        ("init", {"W2": [[1, 2, 3, 4]]}, "layer 2 needs (4, 1): from 4 inputs (rows) to 1 output"),
        ("init", {"W2": [[1, 2, 3, 4]]}, "Swap rows and columns"),
        ("init", {"b1": [1, 2]}, "has shape (2,), but layer 1 needs (4,): one number for each"),
        ("init", {"b1": [1, 2, 3, "a"]}, "[init] b1: must be finite numbers, not 'a'"),
        ("init", {"b1": [1, 2, 3, float("nan")]}, "must be finite numbers, not nan"),
        ("init", {"b1": [1, 2, 3, True]}, "must be finite numbers, not true"),
        ("init", {"b1": [1, 2, 3, 10**400]}, "must be finite numbers, not 1000"),
        ("init", {"b1": []}, "an empty list; write at least one number"),
        ("init", {"W1": [[1, 2], [3]]}, "item 2 has shape (1,), but item 1 has (2,)"),
        ("init", {"W1": [[[1]]]}, "lists are nested too deeply"),
        ("loss", {"name": "mee"}, "[loss] name: unknown loss 'mee': did you mean 'mse'"),
        ("loss", {"nam": "mse"}, "unknown key 'nam': did you mean 'name'"),
        ("optimizer", {"name": "sdg"}, "unknown optimizer 'sdg': did you mean 'sgd'"),
        ("optimizer", {"nesterov": True}, "nesterov: looks along the momentum; write momentum ="),
        ("optimizer", {"momentum": 1}, "momentum: must be a number from 0 and below 1, not 1"),
        ("optimizer", {"learning_rate": "0.1"}, "must be a number from 0 to 1000, not '0.1'"),
        ("optimizer", {"learning_rate": float("inf")}, "must be a number from 0 to 1000, not inf"),
        ("train", {"iterations": 0}, "must be a whole number from 1 to 1000000, not 0"),
        ("train", {"iterations": 1_000_001}, "must be a whole number from 1 to 1000000"),
        ("train", {"epochs": 3}, "[train] epochs: unknown key 'epochs'"),
        ("data", {"name": "xro"}, "[data] name: unknown dataset 'xro': did you mean 'xor'"),
        ("data", {"name": ""}, "[data] name: unknown dataset ''"),
        ("data", {"points": 50}, "unknown key 'points'"),
        ("data", {"name": "moons", "points": 5}, "must be a whole number from 10 to 10000, not 5"),
        ("data", {"csv": "a.csv"}, "[data] csv: name and csv: write one of"),
        ("data", {"batch": 0}, '[data] batch: must be a whole number from 1 on, or "all", not 0'),
        ("data", {"batch": "every"}, "or \"all\", not 'every'"),
        ("data", {"batch": True}, 'or "all", not true'),
        ("data", {"batch": 5}, 'a batch of 5, but xor has 4 examples; write at most 4, or "all"'),
        ("data", {"shuffle": 1}, "[data] shuffle: must be true or false, not 1"),
        ("data", {"seed": -1}, "[data] seed: must be a whole number from 0"),
        ("data", {"validation": 1}, "validation: must be a number from 0 and below 1, not 1"),
    ],
)
def test_what_a_section_may_not_say(section: str, keys: dict[str, Any], message: str) -> None:
    assert message in refused(network(**{section: keys}))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "[data]: no data: write one of"),
        ({"y": [1]}, "[data] y: targets without examples: write x as well"),
        ({"x": [[1, 2]]}, "[data] y: examples without targets: write y as well"),
        ({"x": [[1, 2]], "y": [1, 2]}, "[data] y: 2 targets for 1 example of x"),
        ({"x": "1", "y": 1}, "[data] x: must be finite numbers, not '1'"),
        ({"x": [[[1]]], "y": 1}, "[data] x: lists are nested too deeply"),
        ({"x": [[0] * 201], "y": [1]}, "1 examples of 201; at most 100,000 of 200"),
        ({"x": [1], "y": 1, "points": 3}, "unknown key 'points'"),
        ({"x": [1, 2], "y": [1, 1], "task": "classes"}, "[data] task: the data: a task of classes"),
        ({"x": [1, 2], "y": [1, 1], "task": "clases"}, "unknown task 'clases'"),
        ({"x": [1, 2], "y": [1, 1]}, "For one example of 2 features write x = [[1, 2]]"),
        ({"x": [[1, 2]], "y": [[1, 1]]}, "the last layer gives 1 number, but the data has 2 targ"),
        ({"x": [[1, 2]], "y": 1, "validation": 0.5}, "[data] validation: the data has 1 example"),
        ({"csv": "", "target": ["y"]}, "[data] csv: must be the name of a file"),
        ({"csv": 1, "target": ["y"]}, "[data] csv: must be text in quotation marks"),
        ({"csv": "a.csv"}, "[data] target: must be a list of the names of columns"),
        ({"csv": "a.csv", "target": []}, "[data] target: must be a list of the names of columns"),
        ({"csv": "a.csv", "target": [1]}, "[data] target: a column's name is text, not 1"),
        ({"csv": "a.csv", "target": "y", "features": 1}, "features: must be a list of the names"),
        ({"csv": "a.csv", "target": "y", "x": 1}, "[data] x: csv and x: write one of"),
        ({"csv": "a.csv", "target": "y", "points": 1}, "unknown key 'points'"),
        ({"csv": "a\nb", "target": "y"}, "[data] csv: must be one line of at most 1000 characters"),
    ],
)
def test_data_that_cannot_be_used(data: dict[str, Any], message: str) -> None:
    assert message in refused({**NETWORK, "data": data})


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, "nothing to trace"),
        ([1], "spec: a spec is a mapping of sections, not [1]"),
        ("xor", "spec: a spec is a mapping of sections, not 'xor'"),
        ({**NETWORK, "title": "a\nb"}, "title: must be one line of at most 200 characters"),
        ({**NETWORK, "title": "a" * 201}, "title: must be one line of at most 200 characters"),
        ({**NETWORK, "network": [1]}, "network: must be a section, [network], not [1]"),
        ({**NETWORK, 3: 4}, "3: unknown section '3'"),
        ({**NETWORK, "a\n" * 100: 4}, "unknown section 'a\\na"),
        ({**NETWORK, "data": {3: 4, "name": "xor"}}, "[data] 3: unknown key"),
    ],
)
def test_a_mapping_of_another_form(mapping: Any, message: str) -> None:
    assert message in refused(mapping)


# --- output, loss and data -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "said", "output", "loss"),
    [
        ([0, 1], {}, "sigmoid", "bce"),
        ([0.5, 3], {}, "linear", "mse"),
        ([0, 1], {"output": "linear"}, "linear", "mse"),
        ([0, 1], {"output": "tanh"}, "tanh", "mse"),
        ([0, 1], {"loss": "mse"}, "sigmoid", "mse"),
        ([0, 1], {"loss": "bce_with_logits"}, "linear", "bce_with_logits"),
        ([0.5, 3], {"output": "sigmoid"}, "sigmoid", "mse"),
        ([0.5, 0.2], {"output": "sigmoid"}, "sigmoid", "bce"),
        ([0.5, 0.2], {"loss": "bce"}, "sigmoid", "bce"),
        ([[1, 0], [0, 1]], {}, "softmax", "cross_entropy"),
        (
            [[1, 0], [0, 1]],
            {"output": "linear", "loss": "cross_entropy"},
            "linear",
            "cross_entropy",
        ),
        ([[1, 0], [0, 1]], {"output": "sigmoid"}, "sigmoid", "bce"),
        ([[1, 0], [0, 1]], {"loss": "mse"}, "softmax", "mse"),
        ([[0.5, 0.5], [0.1, 0.9]], {"loss": "cross_entropy"}, "softmax", "cross_entropy"),
    ],
)
def test_output_and_loss_follow_each_other_and_the_data(
    y: Any, said: dict[str, str], output: str, loss: str
) -> None:
    layers = [2, 2 if isinstance(y[0], list) else 1]
    keys = {"layers": layers} | ({"output": said["output"]} if "output" in said else {})
    losses = {"loss": {"name": said["loss"]}} if "loss" in said else {}
    spec, _ = resolve(spec_from_dict(inline(network=keys, data={"y": y}, **losses)))
    assert spec.network is not None
    assert (spec.network.output, spec.loss.name) == (output, loss)


@pytest.mark.parametrize(
    ("layers", "y", "output", "loss", "message"),
    [
        (
            [2, 1],
            [0, 1],
            "linear",
            "bce",
            "With linear use cross_entropy or bce_with_logits or mse",
        ),
        ([2, 1], [0, 1], "relu", "bce", "bce takes the logarithm of probabilities"),
        ([2, 1], [0, 1], "sigmoid", "bce_with_logits", "applies the sigmoid itself"),
        ([2, 1], [0, 1], "sigmoid", "cross_entropy", "cross_entropy applies the softmax itself"),
        ([2, 1], [0, 1], "linear", "cross_entropy", "there is one output"),
        ([2, 1], [0, 1], "", "cross_entropy", "the softmax of a single number is always 1"),
        (
            [2, 1],
            [0, 2],
            "sigmoid",
            "bce",
            "the data has 2 for y of example 2. For amounts use mse",
        ),
        ([2, 1], [-1, 1], "", "bce_with_logits", "the data has -1 for y of example 1"),
        ([2, 2], [[1, 0], [1, 1]], "", "cross_entropy", "those of example 2 of the data sum to 2"),
    ],
)
def test_pairs_that_make_no_sense_are_refused(
    layers: list[int], y: Any, output: str, loss: str, message: str
) -> None:
    mapping = inline(
        network={"layers": layers, "output": output}, loss={"name": loss}, data={"y": y}
    )
    assert message in refused(mapping)


def test_a_pair_is_refused_before_any_data_is_read() -> None:
    mapping = network(
        network={"output": "linear"},
        loss={"name": "bce"},
        data={"name": "moons"},
    )
    with pytest.raises(SpecError, match="bce does not go with output = 'linear'"):
        spec_from_dict(mapping)


# --- data ------------------------------------------------------------------------------------


def test_numbers_of_one_feature_may_be_plain() -> None:
    for x, y, shape in [(1.0, 2.0, (1, 1)), ([1.0, 2.0], [3.0, 4.0], (2, 1))]:
        mapping = {"network": {"layers": [1, 1]}, "data": {"x": x, "y": y}}
        _, dataset = resolve(spec_from_dict(mapping))
        assert dataset is not None
        assert dataset.x.shape == dataset.y.shape == shape


def test_options_reach_the_dataset() -> None:
    data = {"name": "spirals", "points": 30, "classes": 3, "seed": 4, "batch": "all"}
    spec, dataset = resolve(spec_from_dict(network(network={"layers": [2, 3]}, data=data)))
    assert dataset is not None
    assert dataset.x.shape == (30, 2)
    assert spec.data.batch == "all"
    other = resolve(replace(spec, data=replace(spec.data, seed=5)))[1]
    assert other is not None
    assert not np.array_equal(dataset.x, other.x)


def test_validation_and_standardising() -> None:
    data = {"name": "moons", "validation": 0.25, "standardise": True}
    _, dataset = resolve(spec_from_dict(network(data=data)))
    assert dataset is not None
    assert dataset.evaluation is not None
    assert (len(dataset), len(dataset.evaluation)) == (150, 50)
    assert dataset.x.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert dataset.evaluation.scaling is dataset.scaling
    message = refused(network(data={"name": "noisy_xor", "validation": 0.25}))
    assert "noisy_xor has examples for evaluation" in message


def test_an_uploaded_csv_is_taken_from_memory_alone(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a,b,y\n1,2,3\n", encoding="utf-8")
    content = b"name,height,weight,y\nAnn,180,70,1.5\nBob,190,80,2.5\n"
    data = {"csv": "up.csv", "target": "y", "features": ["height", "weight"]}
    spec = spec_from_dict({"network": {"layers": [2, 1]}, "data": data})
    _, dataset = resolve(spec, files={"up.csv": content})
    assert dataset is not None
    assert dataset.name == "up"
    assert "standardise = true" in dataset.note
    scaled = spec_from_dict({**spec_to_dict(spec), "data": {**data, "standardise": True}})
    _, dataset = resolve(scaled, files={"up.csv": content})
    assert dataset is not None
    assert "standardise = true" not in dataset.note
    hidden = replace(spec, data=replace(spec.data, csv=str(tmp_path / "secret.csv")))
    with pytest.raises(SpecError, match=r"unknown file .*Allowed: up\.csv"):
        resolve(hidden, files={"up.csv": content})


def test_a_fault_in_the_csv_names_the_csv() -> None:
    data = {"csv": "up.csv", "target": "z"}
    spec = spec_from_dict({"network": {"layers": [2, 1]}, "data": data})
    with pytest.raises(DataError, match=r"up\.csv, line 1: no target column 'z'"):
        resolve(spec, files={"up.csv": b"a,y\n1,2\n"})


# --- formulas --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "data", "message"),
    [
        ({"x": 1.0}, {}, "[formula]: no statement: write at least one"),
        ({"L": "1 + 2"}, {}, "[formula]: nothing to compute from"),
        ({f"s{i}": "x" for i in range(101)}, {"x": 1}, "101 statements; at most 100"),
        ({"w": 1, "L": "w * y"}, {}, "[formula] L: unknown name 'y': Defined so far: w."),
        ({"weight": 1, "L": "wieght"}, {}, "did you mean 'weight'? Defined so far: weight."),
        ({"w": 1, "L": "L + w"}, {}, "[formula] L: 'L' is used in its own definition"),
        ({"w": 1, "a": "b + w", "b": "w"}, {}, "'b' is used before it is defined; move its line"),
        ({"w": 1, "L": "w + relu"}, {}, "'relu' is a function; call it, as in relu(x)"),
        ({"w": 1, "L": "w +"}, {}, "[formula] L: cannot read 'w +'"),
        ({"w": 1, "L": "rleu(w)"}, {}, "[formula] L: unknown function 'rleu': did you mean 'relu'"),
        ({"x": 1, "L": "x"}, {"x": 2}, "[formula] x: is in [data] too; rename one of the two"),
        ({"L": "x"}, {"x": 2, "L": 1}, "[formula] L: is in [data] too"),
        ({"relu": 1, "L": "relu"}, {}, "[formula] relu: relu is a function; pick another name"),
        ({"if": 1, "L": "1"}, {}, "[formula] if: if is a word of Python's own"),
        ({"2x": 1, "L": "1"}, {}, "[formula] 2x: a name is at most 60 letters"),
        ({"ŷ": 1, "L": "1"}, {}, "[formula] ŷ: a name is at most 60 letters"),
        ({"x": True, "L": "x"}, {}, "[formula] x: must be finite numbers, not true"),
        ({"x": [[1], [1, 2]], "L": "x"}, {}, "[formula] x: item 2 has shape (2,), but item 1"),
        ({"L": "x"}, {"x": "1"}, "[data] x: must be finite numbers, not '1'"),
        ({"L": "x"}, {"x": 1, "exp": 2}, "[data] exp: exp is a function"),
    ],
)
def test_formulas_that_cannot_be_traced(
    formula: dict[str, Any], data: dict[str, Any], message: str
) -> None:
    assert message in refused({"formula": formula, "data": data})


@pytest.mark.parametrize("section", ["init", "loss"])
def test_a_formula_has_no_init_and_no_loss(section: str) -> None:
    message = refused({"formula": {"x": 1, "L": "x"}, section: {}})
    assert f"{section}: does not go with [formula]" in message


def test_a_formula_may_hold_arrays() -> None:
    spec = spec_from_dict(
        {"formula": {"W": [[1, 2], [3, 4]], "L": "sum(x @ W)"}, "data": {"x": [1.0, 2.0]}}
    )
    assert spec.formula is not None
    assert shape_of(spec.formula.parameters["W"]) == (2, 2)
    assert shape_of(spec.data.inputs["x"]) == (2,)
    assert spec_from_dict(spec_to_dict(spec)) == spec


# --- there and back, and anything at all -----------------------------------------------------


@pytest.mark.parametrize(
    "mapping",
    [
        network(),
        network(title="T", description="D", name="N"),
        network(init={"name": "orthogonal", "gain": 2, "seed": 7, "b1": [1, 2, 3, 4]}),
        network(init={"name": "uniform", "low": -0.5, "high": 0.5}),
        network(loss={"name": "bce"}, optimizer={"momentum": 0.9}, train={"iterations": 5}),
        network(data={"name": "moons", "flip": 0.2, "batch": "all", "shuffle": False}),
        inline(data={"task": "regression", "validation": 0.5}),
        {
            **NETWORK,
            "data": {"csv": "a.csv", "target": "y", "features": ["a"], "task": "binary"},
        },
        {"formula": {"x": 2.0, "L": "x * x"}},
    ],
)
def test_a_spec_goes_to_a_mapping_and_back(mapping: dict[str, Any]) -> None:
    spec = spec_from_dict(mapping)
    assert spec_from_dict(spec_to_dict(spec)) == spec


words = ["name", "layers", "activation", "output", "seed", "W1", "b1", "csv", "target", "x", "y"]
words += ["batch", "shuffle", "points", "learning_rate", "iterations", "L", "validation", "task"]
values = st.recursive(
    st.sampled_from(["xor", "moons", "relu", "softmax", "mse", "cross_entropy", "all", "x + 1", ""])
    | st.sampled_from([0, 1, 2, 0.5, -1, 10**400, True, None, float("nan")])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
sections = st.dictionaries(st.sampled_from(words), values, max_size=4)
mappings = st.dictionaries(
    st.sampled_from(["network", "formula", "init", "loss", "optimizer", "data", "train"]),
    sections | values,
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(mappings, st.booleans())
def test_any_mapping_is_a_spec_or_a_whygrad_error(mapping: dict[str, Any], base: bool) -> None:
    full = {**NETWORK, **mapping} if base and "formula" not in mapping else mapping
    try:
        spec = spec_from_dict(full)
        assert spec_from_dict(spec_to_dict(spec)) == spec
        resolve(spec, files={})
    except WhygradError as error:
        message = str(error)
    else:
        message = ""
    assert "\n" not in message


preset_texts = st.sampled_from(preset_names()).map(
    lambda name: (Path(spec_module.__file__).parent / "presets" / f"{name}.toml").read_text("utf-8")
)


@st.composite
def changed_presets(draw: st.DrawFn) -> str:
    """A preset's text with one slice of it replaced."""
    text = draw(preset_texts)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(start + 10, len(text))))
    return text[:start] + draw(st.text(max_size=4) | st.sampled_from("[]=\"'0\n")) + text[end:]


@given(st.binary(max_size=60) | st.text(max_size=60) | changed_presets())
def test_any_text_is_a_spec_or_a_whygrad_error(text: str | bytes) -> None:
    try:
        resolve(parse_spec(text), files={})
    except WhygradError as error:
        message = str(error)
    else:
        message = ""
    assert "\n" not in message


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"loss": {"name": "hubr"}}, "unknown loss 'hubr': did you mean 'huber'"),
        ({"network": {"layers": [2, 3, 1], "activation": "gellu"}}, "did you mean 'gelu'"),
        (
            {"loss": {"name": "hinge"}, "data": {"x": [[0, 1]], "y": [3]}},
            "0 \\(no\\) and 1 \\(yes\\)",
        ),
        (
            {"loss": {"name": "kl_div"}, "network": {"layers": [2, 1], "output": "linear"}},
            "classes",
        ),
        ({"loss": {"name": "hinge"}, "network": {"layers": [2, 1], "output": "sigmoid"}}, "scores"),
    ],
)
def test_newer_names_are_held_to_as_well(section: dict[str, Any], message: str) -> None:
    given = {"network": {"layers": [2, 1]}, "data": {"x": [[0, 1], [1, 0]], "y": [0, 1]}, **section}
    with pytest.raises(SpecError, match=message):
        resolve(spec_from_dict(given))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a." * 100_000 + "b = 1", "a key's parts are nested more than 32 deep"),
        ('"a" . ' * 100_000 + "b = 1", "a key's parts are nested more than 32 deep"),
        ("\n[" + "a." * 100_000 + "b]", "a key's parts are nested more than 32 deep"),
        ("x = 1\ny = " + "[" * 100_000, "brackets are nested more than 32 deep"),
        ("x = 1\ny = " + "{a = " * 100_000, "brackets are nested more than 32 deep"),
    ],
)
def test_what_is_nested_deeply_is_refused_before_it_is_parsed(
    text: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tomllib.loads", lambda text: pytest.fail("it was parsed"))
    with pytest.raises(SpecError) as refused:
        parse_spec(text)
    assert says in refused.value.message
    assert refused.value.line == 1 + text.count("\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[formula]\n" + "n" * 500_000 + " = 1.0", "a name is at most 60 letters"),  # took hours
        ("[formula]\nx = " + "9" * 10_000, "a whole number has too many digits to be read"),
        ("[formula]\nx = " + "n" * 500_000, "this is not TOML"),
    ],
)
def test_what_is_long_is_refused_in_no_time_and_quoted_short(text: str, says: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse_spec(text)
    assert says in refused.value.message
    assert len(str(refused.value)) < 300


def test_dots_and_brackets_in_texts_and_comments_do_not_count() -> None:
    deep = "a." * 40 + "[" * 40
    spec = parse_spec(
        f"title = '{deep}'  # {deep}\ndescription = \"{deep}\"\n"
        "[network]\nlayers = [2, 1]\n[data]\nname = 'xor'\n"
    )
    assert spec.title == spec.description == deep
