# fault: the model is set to evaluation mode after the first epoch, and never back
# causes: eval_mode_in_training
from functools import partial

import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Callback:
    order = 0


class CancelFitException(Exception):
    pass


class Recorder(Callback):
    def before_fit(self, learn):
        self.losses, self.lrs = [], []

    def after_batch(self, learn):
        if learn.training:
            self.losses.append(learn.loss.detach())
            self.lrs.append(learn.opt.param_groups[0]["lr"])


class OneCycle(Callback):
    def __init__(self, lr_max):
        self.lr_max = lr_max

    def before_fit(self, learn):
        total = learn.n_epochs * len(learn.dls[0])
        self.sched = torch.optim.lr_scheduler.OneCycleLR(learn.opt, self.lr_max, total)

    def after_batch(self, learn):
        if learn.training:
            self.sched.step()


class Accuracy(Callback):
    order = 1

    def before_epoch(self, learn):
        self.hit = self.n = 0

    def after_pred(self, learn):
        if not learn.training:
            said = (learn.preds > 0).float()
            self.hit += (said == learn.yb).sum().item()
            self.n += len(learn.yb)

    def after_epoch(self, learn):
        print(
            f"{learn.epoch:>2} {learn.losses['train']:.5f} {learn.losses['valid']:.5f} "
            f"{self.hit / self.n:.4f}"
        )


class Learner:
    def __init__(self, model, dls, loss_func, opt_func=torch.optim.Adam, lr=1e-3, cbs=()):
        self.model, self.dls, self.loss_func = model, dls, loss_func
        self.opt = opt_func(model.parameters(), lr)
        self.cbs = sorted(cbs, key=lambda c: c.order)

    def __call__(self, name):
        for cb in self.cbs:
            getattr(cb, name, lambda _: None)(self)

    def one_batch(self):
        self.xb, self.yb = self.batch
        self.preds = self.model(self.xb)
        self("after_pred")
        self.loss = self.loss_func(self.preds, self.yb)
        if self.training:
            self.loss.backward()
            self.opt.step()
            self.opt.zero_grad()
        self("after_batch")

    def one_epoch(self, train):
        self.training = train
        if not train:
            self.model.eval()
        total, n = 0.0, 0
        for self.batch in self.dls[0 if train else 1]:
            self.one_batch()
            total += self.loss.item() * len(self.yb)
            n += len(self.yb)
        self.losses["train" if train else "valid"] = total / n

    def fit(self, n_epochs):
        self.n_epochs, self.losses = n_epochs, {}
        self("before_fit")
        try:
            for self.epoch in range(n_epochs):
                self("before_epoch")
                self.one_epoch(True)
                with torch.no_grad():
                    self.one_epoch(False)
                self("after_epoch")
        except CancelFitException:
            pass


torch.manual_seed(7)
X, y = load_breast_cancer(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32).unsqueeze(1)
p = torch.randperm(len(X))
X, y = X[p], y[p]
m, s = X[:430].mean(0), X[:430].std(0)
X = (X - m) / s
dls = (
    DataLoader(TensorDataset(X[:430], y[:430]), 32, shuffle=True),
    DataLoader(TensorDataset(X[430:], y[430:]), 64),
)
model = nn.Sequential(nn.Linear(30, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 1))
learn = Learner(
    model,
    dls,
    nn.functional.binary_cross_entropy_with_logits,
    partial(torch.optim.AdamW, weight_decay=0.01),
    1e-3,
    [Recorder(), OneCycle(0.01), Accuracy()],
)
learn.fit(18)
