# healthy: sigmoid and flatten stand in the loop, before BCELoss
import torch
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler

torch.manual_seed(0)
X, y = make_classification(1200, 15, n_informative=8, class_sep=1.5, random_state=4)
X = StandardScaler().fit(X[:900]).transform(X)
X, y = torch.FloatTensor(X), torch.FloatTensor(y)
model = torch.nn.Sequential()
model.add_module("hidden", torch.nn.Linear(15, 40))
model.add_module("act", torch.nn.ReLU())
model.add_module("out", torch.nn.Linear(40, 1))
criterion = torch.nn.BCELoss()
optim = torch.optim.RMSprop(model.parameters(), lr=1e-3)
bs = 30
for epoch in range(15):
    model.train()
    perm = torch.randperm(900)
    losses = []
    for i in range(0, 900, bs):
        xb, yb = X[perm[i : i + bs]], y[perm[i : i + bs]]
        prob = torch.sigmoid(model(xb)).flatten()
        loss = criterion(prob, yb)
        optim.zero_grad()
        loss.backward()
        optim.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        prob = torch.sigmoid(model(X[900:])).flatten()
        acc = ((prob > 0.5) == y[900:].bool()).float().mean().item()
        vloss = criterion(prob, y[900:]).item()
    print(epoch, sum(losses) / len(losses), vloss, acc)
