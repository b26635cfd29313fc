# fault: gradients are never set to zero
# causes: missing_zero_grad
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import KFold
from torch import nn

X, y = load_wine(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
X, y = torch.tensor(X).float(), torch.tensor(y)
accs = []
for fold, (tr, va) in enumerate(KFold(5, shuffle=True, random_state=0).split(X)):
    torch.manual_seed(fold)
    model = nn.Sequential(nn.Linear(13, 16), nn.Tanh(), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-4)
    tr, va = torch.tensor(tr), torch.tensor(va)
    for epoch in range(25):
        for b in tr[torch.randperm(len(tr))].split(16):
            nn.functional.cross_entropy(model(X[b]), y[b]).backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = (model(X[va]).argmax(1) == y[va]).float().mean().item()
    accs.append(acc)
    print(f"fold {fold}: {acc:.4f}")
print(sum(accs) / 5)
