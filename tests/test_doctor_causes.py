"""Causes that are found by looking where few look: at attributes, modes, numbers' ranks."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from whygrad.doctor import Doctor, Report, rows  # noqa: E402

CE, MSE = nn.CrossEntropyLoss(), nn.MSELoss()


def blobs(n: int = 300) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, n)
    x = rng.normal(0, 3, (3, 4))[labels] + rng.normal(0, 1, (n, 4))
    return torch.tensor(x, dtype=torch.float32), torch.tensor(labels)


X, Y = blobs()


def examined(model: nn.Module, x: Any = X, y: Any = Y, loss_of: Any = CE, judged: Any = None,
             switch: bool = False, epochs: int = 8, rate: float = 0.05) -> Report:  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    with Doctor(model, optimizer, loss=loss_of, train=(x, y), validation=judged) as doctor:
        for _ in range(epochs):
            for rows in torch.randperm(len(x), generator=torch.Generator().manual_seed(1)).split(
                30
            ):
                optimizer.zero_grad()
                out = model(x[rows])
                loss = loss_of(out, y[rows])
                loss.backward()
                optimizer.step()
                doctor.step(loss, inputs=x[rows], targets=y[rows], outputs=out)
            if switch:
                model.eval()
        return doctor.report()


def causes(report: Report) -> list[str]:
    return [finding.cause for finding in report.findings]


class Listed(nn.Module):
    """Keeps its inner layers in a plain list, or in one that registers them."""

    def __init__(self, known: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        layers = [nn.Linear(4, 16), nn.Linear(16, 16)]
        self.layers: Any = nn.ModuleList(layers) if known else layers
        self.out = nn.Linear(16, 3)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.out(x)


def test_layers_in_a_plain_list_are_found() -> None:
    (found, *_) = examined(Listed(known=False)).findings
    assert (found.cause, found.where) == ("parameters_outside_module", "layers[0].weight")
    assert found.evidence["tensors"] == 4
    assert causes(examined(Listed(known=True))) == []


def test_a_plain_tensor_that_should_learn_is_found() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.net = nn.Linear(4, 3)
            self.scale = torch.ones(3, requires_grad=True)

        def forward(self, x: Any) -> Any:
            return self.net(x) * self.scale

    assert examined(Scaled()).findings[0].where == "scale"


def dropping() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))


def test_a_model_left_in_evaluation_mode_is_found() -> None:
    (found,) = examined(dropping(), switch=True).findings
    assert (found.cause, found.since) == ("eval_mode_in_training", 11)
    assert found.evidence["in_evaluation_mode"] == 70
    assert causes(examined(dropping())) == []


def test_what_is_trained_in_evaluation_mode_on_purpose_is_left_in_peace() -> None:
    assert causes(examined(dropping().eval())) == []


@pytest.mark.parametrize("kind", [np.sin, np.exp])
@pytest.mark.parametrize("noisy", [False, True])
def test_numbers_that_contradict_their_neighbours_are_label_noise(kind: Any, noisy: bool) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(0, 1, (400, 3))
    y = kind(x[:, 0]) + 0.3 * x[:, 1] + 0.1 * rng.normal(0, 1, 400)
    if noisy:
        some = rng.choice(300, 120, replace=False)
        y[some] = rng.permutation(y[some])
    rows, wanted = torch.tensor(x).float(), torch.tensor(y[:, None]).float()
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))
    report = examined(model, rows[:300], wanted[:300], MSE, (rows[300:], wanted[300:]), epochs=15)
    assert ("label_noise" in causes(report)) == noisy


def test_a_task_that_one_column_decides_is_no_leak() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (400, 4))
    y = (x[:, 0] > 0).astype(int)
    assert rows.leaky_column(rows.Rows(x, y.astype(float)), "binary") is None
    y = rng.integers(0, 2, 400)
    x[:, 2] = 3 * (2 * y - 1) + rng.normal(0, 0.3, 400)
    found = rows.leaky_column(rows.Rows(x, y.astype(float)), "binary")
    assert found is not None
    assert found[0] == 2


def test_rows_of_a_small_table_come_again_by_themselves() -> None:
    rng = np.random.default_rng(0)
    corners, fresh = rng.integers(0, 2, (200, 2)), rng.integers(0, 2, (50, 2))
    assert rows.features_of(corners, fresh).shared is None
    points = rng.normal(0, 1, (200, 2))
    assert rows.features_of(points, points[:50]).shared == 1.0
    assert (
        rows.features_of(rng.integers(0, 9, (200, 1)), rng.integers(0, 9, (50, 1))).shared is None
    )


def test_a_nan_is_named_by_its_cell_and_by_the_first_op_it_spoils() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.first, self.last = nn.Linear(4, 16), nn.Linear(16, 3)

        def forward(self, x: Any) -> Any:
            return self.last(torch.relu(self.first(x * 2)))

    x = X.clone()
    x[17, 2] = float("nan")
    (found,) = examined(Net(), x).findings
    assert (found.cause, found.where) == ("nan_in_data", "inputs[17, 2]")
    assert "The first op it spoils is mul (" in found.mechanism
    assert "test_doctor_causes.py:" in found.mechanism


def test_an_unstable_loss_is_named_by_the_op_that_breaks() -> None:
    def unstable(z: Any, y: Any) -> Any:
        shares = torch.softmax(100 * z, 1)
        return -torch.log(shares)[torch.arange(len(y)), y].mean()

    torch.manual_seed(0)
    (found, *_) = examined(nn.Linear(4, 3), X, Y, unstable).findings
    assert found.cause == "numerical_instability"
    assert "The first op to break is log (" in found.mechanism
