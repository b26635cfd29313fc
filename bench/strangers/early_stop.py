# healthy: early stopping that keeps the best weights
import copy

import torch
from sklearn.datasets import make_friedman1
from torch import nn


class EarlyStopping:
    def __init__(self, patience=6):
        self.patience, self.best, self.count, self.state = patience, float("inf"), 0, None

    def __call__(self, value, model):
        if value < self.best:
            self.best, self.count, self.state = value, 0, copy.deepcopy(model.state_dict())
        else:
            self.count += 1
        return self.count >= self.patience


X, y = make_friedman1(800, noise=0.5, random_state=0)
torch.manual_seed(0)
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32).reshape(-1, 1)
model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
stopper = EarlyStopping()
for epoch in range(40):
    for i in torch.randperm(600).split(40):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(X[i]), y[i])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.inference_mode():
        val = nn.functional.mse_loss(model(X[600:]), y[600:]).item()
    model.train()
    print(f"{epoch:3d} {loss.item():.5f} {val:.5f}")
    if stopper(val, model):
        print("stopped")
        break
model.load_state_dict(stopper.state)
print("best", stopper.best)
