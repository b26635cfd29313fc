# fault: weight decay of 1 outweighs the data
# causes: over_regularisation
import torch
from torch import nn

torch.manual_seed(8)
n_users, n_items, k = 60, 40, 2
U, V = torch.randn(n_users, k), torch.randn(n_items, k)
users, items = torch.cartesian_prod(torch.arange(n_users), torch.arange(n_items)).T
ratings = (U[users] * V[items]).sum(1) + 0.1 * torch.randn(len(users))
perm = torch.randperm(len(users))
users, items, ratings = users[perm], items[perm], ratings[perm]


class MF(nn.Module):
    def __init__(self, dim=3):
        super().__init__()
        self.user = nn.Embedding(n_users, dim)
        self.item = nn.Embedding(n_items, dim)
        self.ub, self.ib = nn.Embedding(n_users, 1), nn.Embedding(n_items, 1)

    def forward(self, u, i):
        dot = (self.user(u) * self.item(i)).sum(1, keepdim=True)
        return (dot + self.ub(u) + self.ib(i)).squeeze()


model = MF()
opt = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=1.0)
for epoch in range(25):
    model.train()
    for b in torch.randperm(2000).split(100):
        pred = model(users[b], items[b])
        loss = ((pred - ratings[b]) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        test = ((model(users[2000:], items[2000:]) - ratings[2000:]) ** 2).mean()
    if epoch % 5 == 4:
        print(f"{epoch} {loss:.5f} {test:.5f}")
