# healthy: LBFGS with a closure
import torch
from sklearn.datasets import load_breast_cancer

torch.manual_seed(0)
X, y = load_breast_cancer(return_X_y=True)
X = torch.tensor(X, dtype=torch.float64)
y = torch.tensor(y, dtype=torch.float64)
p = torch.randperm(len(X))
X, y = X[p], y[p]
X = (X - X[:400].mean(0)) / X[:400].std(0)
lr_model = torch.nn.Linear(30, 1).double()
opt = torch.optim.LBFGS(lr_model.parameters(), lr=0.3, max_iter=5)
bce = torch.nn.functional.binary_cross_entropy_with_logits


def closure():
    opt.zero_grad()
    reg = 1e-2 * lr_model.weight.pow(2).sum()
    loss = bce(lr_model(X[:400])[:, 0], y[:400]) + reg
    loss.backward()
    return loss


for step in range(20):
    loss = opt.step(closure)
    if step % 4 == 3:
        with torch.no_grad():
            test = bce(lr_model(X[400:])[:, 0], y[400:])
        print(step + 1, loss.item(), test.item())
