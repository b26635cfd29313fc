# healthy: a small GAN on a ring of points
import math

import torch
from torch import nn

torch.manual_seed(5)


def real_batch(n):
    a = torch.rand(n) * 2 * math.pi
    return torch.stack([a.cos(), a.sin()], 1) + 0.05 * torch.randn(n, 2)


G = nn.Sequential(
    nn.Linear(4, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 2)
)
D = nn.Sequential(
    nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1)
)
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
B = 64
for it in range(600):
    real = real_batch(B)
    fake = G(torch.randn(B, 4))
    loss_d = bce(D(real), torch.ones(B, 1)) + bce(D(fake.detach()), torch.zeros(B, 1))
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    loss_g = bce(D(fake), torch.ones(B, 1))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    if it % 100 == 99:
        with torch.no_grad():
            r = G(torch.randn(500, 4)).norm(dim=1)
        print(it + 1, f"{loss_d.item():.5f} {loss_g.item():.5f} radius {r.mean():.4f}")
