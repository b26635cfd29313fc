# healthy: a Trainer class whose batches are dicts and whose model takes keyword arguments
import logging
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

logging.basicConfig(level=logging.INFO, format="%(message)s")


@dataclass
class Config:
    epochs: int = 8
    batch_size: int = 50
    lr: float = 1e-2
    hidden: int = 32


class Moons(Dataset):
    def __init__(self, n=2000, seed=0):
        g = torch.Generator().manual_seed(seed)
        a = torch.rand(n, generator=g) * 3.1416
        self.label = torch.randint(0, 2, (n,), generator=g)
        up = torch.stack([a.cos(), a.sin()], 1)
        down = torch.stack([1 - a.cos(), 0.5 - a.sin()], 1)
        self.coords = torch.where(self.label[:, None] == 0, up, down)
        self.coords = self.coords + 0.12 * torch.randn(n, 2, generator=g)

    def __len__(self):
        return len(self.label)

    def __getitem__(self, i):
        return {"coords": self.coords[i], "label": self.label[i]}


class Classifier(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh()
        )
        self.out = nn.Linear(hidden, 2)

    def forward(self, coords, scale=1.0):
        return {"logits": self.out(self.body(coords * scale))}


class Trainer:
    def __init__(self, model, cfg, train, val):
        self.model, self.cfg = model, cfg
        self.train_loader = DataLoader(train, cfg.batch_size, shuffle=True)
        self.val_loader = DataLoader(val, cfg.batch_size)
        self.optim = torch.optim.AdamW(model.parameters(), lr=cfg.lr)
        self.loss_fn = nn.CrossEntropyLoss()

    def compute_loss(self, batch):
        out = self.model(coords=batch["coords"])
        return self.loss_fn(out["logits"], batch["label"]), out

    def train_epoch(self):
        self.model.train()
        total = 0.0
        for batch in self.train_loader:
            loss, _ = self.compute_loss(batch)
            self.optim.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
            self.optim.step()
            total += loss.item()
        return total / len(self.train_loader)

    @torch.no_grad()
    def evaluate(self):
        self.model.eval()
        hits = 0
        for batch in self.val_loader:
            _, out = self.compute_loss(batch)
            hits += (out["logits"].argmax(-1) == batch["label"]).sum().item()
        return hits / len(self.val_loader.dataset)

    def fit(self):
        for epoch in range(self.cfg.epochs):
            loss = self.train_epoch()
            logging.info("epoch %d loss %.5f val acc %.4f", epoch, loss, self.evaluate())


if __name__ == "__main__":
    torch.manual_seed(0)
    cfg = Config()
    train, val = random_split(Moons(), [1600, 400])
    Trainer(Classifier(cfg.hidden), cfg, train, val).fit()
