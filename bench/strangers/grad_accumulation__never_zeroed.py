# fault: the accumulated gradient is never set to zero
# causes: missing_zero_grad
import torch
from sklearn.datasets import load_iris
from torch import nn

torch.manual_seed(2)
iris = load_iris()
X = torch.tensor(iris.data, dtype=torch.float)
X = (X - X.mean(0)) / X.std(0)
Y = torch.tensor(iris.target)
idx = torch.randperm(150)
train_idx, val_idx = idx[:120], idx[120:]
net = nn.Sequential(nn.Linear(4, 20), nn.ReLU(), nn.Linear(20, 3))
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
accum = 4
for epoch in range(20):
    net.train()
    for n, rows in enumerate(train_idx[torch.randperm(120)].split(8), 1):
        loss = nn.functional.cross_entropy(net(X[rows]), Y[rows]) / accum
        loss.backward()
        if n % accum == 0 or n == 15:
            opt.step()
    net.eval()
    with torch.no_grad():
        out = net(X[val_idx])
        acc = (out.argmax(1) == Y[val_idx]).float().mean()
    print(f"{epoch} {loss.item() * accum:.6f} {acc:.4f}")
