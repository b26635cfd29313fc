# fault: the second loss is subtracted
# causes: wrong_sign_of_objective
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(11)
d = load_digits()
x = torch.tensor(d.data / 16, dtype=torch.float32)
digit = torch.tensor(d.target)
ink = x.mean(1, keepdim=True)
ink = (ink - ink.mean()) / ink.std()
order = torch.randperm(len(x))
x, digit, ink = x[order], digit[order], ink[order]
train, test = slice(0, 1400), slice(1400, None)

trunk = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
head_digit = nn.Linear(32, 10)
head_ink = nn.Linear(32, 1)
params = [*trunk.parameters(), *head_digit.parameters(), *head_ink.parameters()]
opt = torch.optim.Adam(params, lr=2e-3)
ce, mse = nn.CrossEntropyLoss(), nn.MSELoss()

for epoch in range(14):
    perm = torch.randperm(1400)
    for i in range(0, 1400, 64):
        b = perm[i : i + 64]
        h = trunk(x[train][b])
        loss_digit = ce(head_digit(h), digit[train][b])
        loss_ink = mse(head_ink(h), ink[train][b])
        loss = loss_digit - 0.5 * loss_ink
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        h = trunk(x[test])
        acc = (head_digit(h).argmax(1) == digit[test]).float().mean()
        err = mse(head_ink(h), ink[test])
    print(f"{epoch:2d} {loss_digit.item():.4f} {loss_ink.item():.4f} | acc {acc:.4f} mse {err:.4f}")
