# healthy: regression, the output squeezed in the loop
import numpy as np
import torch
from sklearn.datasets import load_diabetes
from torch import nn

np.random.seed(1)
torch.manual_seed(1)
data = load_diabetes()
idx = np.random.permutation(len(data.data))
x = (data.data - data.data.mean(0)) / data.data.std(0)
t = (data.target - data.target.mean()) / data.target.std()
tr, va = idx[:340], idx[340:]
x_tr, t_tr = torch.from_numpy(x[tr]).float(), torch.from_numpy(t[tr]).float()
x_va, t_va = torch.from_numpy(x[va]).float(), torch.from_numpy(t[va]).float()

model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))
opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-3)
mse = nn.MSELoss()
for epoch in range(30):
    order = np.random.permutation(len(x_tr))
    for i in range(0, len(order), 34):
        b = order[i : i + 34]
        pred = model(x_tr[b]).squeeze(-1)
        loss = mse(pred, t_tr[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        val = mse(model(x_va).squeeze(-1), t_va)
    if epoch % 5 == 0:
        print(epoch, float(loss), float(val))
print("final", float(val))
