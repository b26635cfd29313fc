# fault: optimizer.step() is never called
# causes: missing_optimizer_step
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(3)
centres = torch.randn(6, 20) * 2
labels = torch.randint(0, 6, (1200,))
points = centres[labels] + 0.5 * torch.randn(1200, 20)


def augment(x):
    return x + 0.3 * torch.randn_like(x)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 32))
        self.projector = nn.Sequential(nn.ReLU(), nn.Linear(32, 16))

    def forward(self, x):
        h = self.backbone(x)
        return h, self.projector(h)


def nt_xent(z1, z2, tau=0.5):
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    sim = z @ z.T / tau
    n = len(z1)
    sim = sim.masked_fill(torch.eye(2 * n, dtype=torch.bool), -1e9)
    target = torch.cat([torch.arange(n) + n, torch.arange(n)])
    return F.cross_entropy(sim, target)


enc = Encoder()
opt = torch.optim.Adam(enc.parameters(), lr=2e-3)
for epoch in range(12):
    total = 0.0
    for rows in torch.randperm(1000).split(50):
        x = points[rows]
        _, z1 = enc(augment(x))
        _, z2 = enc(augment(x))
        loss = nt_xent(z1, z2)
        opt.zero_grad()
        loss.backward()
        total += loss.item()
    print(epoch, round(total / 20, 5))

with torch.no_grad():
    feats = enc(points)[0]
near = torch.cdist(feats[1000:], feats[:1000]).argmin(1)
print("1-nn accuracy", (labels[:1000][near] == labels[1000:]).float().mean().item())
