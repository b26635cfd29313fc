# healthy: a graph network over one graph, trained on some of its nodes
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
N, C = 240, 3
community = torch.arange(N) % C
prob = torch.where(community[:, None] == community[None], 0.08, 0.01)
adj = (torch.rand(N, N) < prob).float().triu(1)
adj = adj + adj.T + torch.eye(N)
deg = adj.sum(1).rsqrt()
a_hat = deg[:, None] * adj * deg[None]
features = F.one_hot(community, C).float() + 1.0 * torch.randn(N, C)
order = torch.randperm(N)
train_mask, val_mask = torch.zeros(N, dtype=torch.bool), torch.zeros(N, dtype=torch.bool)
train_mask[order[:120]], val_mask[order[120:]] = True, True


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1, self.w2 = nn.Linear(C, 16), nn.Linear(16, C)

    def forward(self, x, a):
        h = F.relu(a @ self.w1(x))
        return a @ self.w2(h)


gcn = GCN()
opt = torch.optim.Adam(gcn.parameters(), lr=0.02, weight_decay=5e-4)
for epoch in range(200):
    gcn.train()
    opt.zero_grad()
    out = gcn(features, a_hat)
    loss = F.cross_entropy(out[train_mask], community[train_mask])
    loss.backward()
    opt.step()
    if epoch % 40 == 39:
        gcn.eval()
        with torch.no_grad():
            pred = gcn(features, a_hat).argmax(1)
            acc = (pred[val_mask] == community[val_mask]).float().mean()
        print(epoch + 1, f"{loss.item():.5f} {acc:.4f}")
