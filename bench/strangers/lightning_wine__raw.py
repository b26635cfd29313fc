# fault: raw features, of sizes from 0.1 to 1000
# causes: unnormalised_inputs
import logging
import warnings

import lightning.pytorch as pl
import torch
import torch.nn.functional as F
import torchmetrics
from sklearn.datasets import load_wine
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class LitWine(pl.LightningModule):
    def __init__(self, lr=5e-3):
        super().__init__()
        self.save_hyperparameters()
        self.net = torch.nn.Sequential(
            torch.nn.Linear(13, 24), torch.nn.ReLU(), torch.nn.Linear(24, 3)
        )
        self.train_acc = torchmetrics.Accuracy(task="multiclass", num_classes=3)
        self.val_acc = torchmetrics.Accuracy(task="multiclass", num_classes=3)

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        loss = F.cross_entropy(logits, y)
        self.train_acc(logits, y)
        self.log("train_loss", loss)
        self.log("train_acc", self.train_acc, on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.val_acc(logits, y)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", self.val_acc)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


pl.seed_everything(3, verbose=False)
X, y = load_wine(return_X_y=True)
perm = torch.randperm(len(X))
X, y = torch.tensor(X, dtype=torch.float32)[perm], torch.tensor(y)[perm]
train = DataLoader(TensorDataset(X[:130], y[:130]), batch_size=16, shuffle=True)
val = DataLoader(TensorDataset(X[130:], y[130:]), batch_size=48)
model = LitWine()
trainer = pl.Trainer(
    max_epochs=25,
    logger=False,
    enable_checkpointing=False,
    accelerator="cpu",
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(model, train, val)
print({k: round(float(v), 6) for k, v in trainer.callback_metrics.items()})
