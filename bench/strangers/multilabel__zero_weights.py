# fault: all weights begin at zero
# causes: bad_initialisation
import torch
from sklearn.datasets import make_multilabel_classification

X, Y = make_multilabel_classification(900, 20, n_classes=5, random_state=1)
torch.manual_seed(1)
X = torch.tensor(X, dtype=torch.float32)
X = (X - X[:700].mean(0)) / X[:700].std(0)
Y = torch.tensor(Y, dtype=torch.float32)
ds = torch.utils.data.TensorDataset(X[:700], Y[:700])
loader = torch.utils.data.DataLoader(ds, batch_size=35, shuffle=True)
clf = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ELU(), torch.nn.Linear(32, 5))
for q in clf.parameters():
    torch.nn.init.zeros_(q)
loss_function = torch.nn.BCEWithLogitsLoss()
solver = torch.optim.Adam(clf.parameters(), lr=0.004)
best = float("inf")
for epoch in range(15):
    for features, tags in loader:
        solver.zero_grad()
        loss = loss_function(clf(features), tags)
        loss.backward()
        solver.step()
    with torch.no_grad():
        logits = clf(X[700:])
        val = loss_function(logits, Y[700:]).item()
        f = ((logits > 0) == Y[700:].bool()).float().mean().item()
    best = min(best, val)
    print(epoch, val, f)
