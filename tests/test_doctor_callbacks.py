"""The doctor beside the loops of PyTorch Lightning and Hugging Face's Trainer."""

import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from whygrad.doctor.callbacks import lightning_callback, transformers_callback  # noqa: E402
from whygrad.errors import WhygradError  # noqa: E402

GENERATOR = torch.Generator().manual_seed(0)
CENTRES = 3 * torch.randn(3, 4, generator=GENERATOR)
Y = torch.randint(0, 3, (480,), generator=GENERATOR)
X = CENTRES[Y] + torch.randn(480, 4, generator=GENERATOR)


@pytest.mark.parametrize("make", [lightning_callback, transformers_callback])
def test_without_its_library_it_says_what_is_missing(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lightning.pytorch", "pytorch_lightning", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(WhygradError, match="which is not installed"):
        make()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("ill", [False, True])
def test_lightning(ill: bool, tmp_path: Path, capsys: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        L = pytest.importorskip("lightning.pytorch")

    class Net(L.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            last = [nn.Softmax(1)] if ill else []
            self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3), *last)

        def forward(self, x: Any) -> Any:
            return self.net(x)

        def training_step(self, batch: Any, _: int) -> Any:
            return F.cross_entropy(self(batch[0]), batch[1])

        def validation_step(self, batch: Any, _: int) -> None:
            self.log("val_loss", F.cross_entropy(self(batch[0]), batch[1]))

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    callback, net = lightning_callback(), Net()
    trainer = L.Trainer(
        max_epochs=6, callbacks=[callback], accelerator="cpu", logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        default_root_dir=tmp_path,
    )  # fmt: skip
    train = DataLoader(TensorDataset(X[:384], Y[:384]), batch_size=32, shuffle=True)
    judged = DataLoader(TensorDataset(X[384:], Y[384:]), batch_size=32)
    trainer.fit(net, train, judged)
    report = callback.report
    assert [f.cause for f in report.findings] == (["double_softmax"] if ill else [])
    assert report.notes == ()
    assert report.iterations == 72
    assert len(report.measurements.validation_losses) == 6
    assert report.measurements.features.shared == 0
    assert "After 72 iterations" in capsys.readouterr().out
    assert not net._forward_hooks


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("ill", [False, True])
def test_transformers(ill: bool, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        T = pytest.importorskip("transformers")
        pytest.importorskip("accelerate")
    torch.manual_seed(0)
    config = T.DistilBertConfig(
        vocab_size=40, dim=16, hidden_dim=32, n_layers=1, n_heads=2, max_position_embeddings=8,
        num_labels=2, dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0,
    )  # fmt: skip
    model = T.DistilBertForSequenceClassification(config)
    labels = torch.randint(0, 2, (384,))
    words = torch.randint(4, 20, (384, 8)) + 16 * labels[:, None]
    rows = [
        {"input_ids": w, "labels": y, "attention_mask": torch.ones(8, dtype=torch.long)}
        for w, y in zip(words, labels, strict=True)
    ]
    callback = transformers_callback(quiet=True)
    trainer = T.Trainer(
        model,
        T.TrainingArguments(
            output_dir=str(tmp_path), num_train_epochs=12 if ill else 4,
            per_device_train_batch_size=32,
            learning_rate=1e-9 if ill else 3e-3, report_to=[], use_cpu=True, save_strategy="no",
            eval_strategy="epoch", disable_tqdm=True, logging_strategy="no", weight_decay=0.0,
        ),
        train_dataset=rows[:320], eval_dataset=rows[320:], callbacks=[callback],
    )  # fmt: skip
    trainer.train()
    report = callback.report
    assert report.notes == ()
    assert report.iterations == (120 if ill else 40)
    assert report.measurements.loss_name == "cross_entropy"
    assert len(report.measurements.validation_losses) == (12 if ill else 4)
    causes = [f.cause for f in report.findings]
    assert causes == (["learning_rate_too_low"] if ill else [])
    assert not model._forward_hooks
