# fault: test windows are ten times as large
# causes: train_val_preprocessing_mismatch
import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(3)
torch.manual_seed(3)
t = np.arange(700)
series = np.sin(t / 8) + 0.5 * np.sin(t / 3) + 0.05 * rng.standard_normal(700)


def windows(s, n=16):
    x = np.stack([s[i:i + n] for i in range(len(s) - n)])
    y = s[n:]
    return torch.tensor(x, dtype=torch.float32).unsqueeze(-1), torch.tensor(y, dtype=torch.float32)


x_train, y_train = windows(series[:500])
x_test, y_test = windows(series[500:] * 10 + 4)


class Forecaster(nn.Module):
    def __init__(self, hidden_size=16):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden_size, batch_first=True)
        self.linear = nn.Linear(hidden_size, 1)

    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return self.linear(h[-1]).squeeze(-1)


model = Forecaster()
opt = torch.optim.Adam(model.parameters(), lr=0.01)
crit = nn.MSELoss()
for epoch in range(18):
    losses = []
    for b in torch.randperm(len(x_train)).split(32):
        opt.zero_grad()
        l = crit(model(x_train[b]), y_train[b])
        l.backward()
        opt.step()
        losses.append(l.item())
    with torch.no_grad():
        test = crit(model(x_test), y_test).item()
    print("epoch", epoch, "train", np.mean(losses), "test", test)
