# fault: Adam at 3
# causes: learning_rate_too_high
import torch
from torch import nn

torch.manual_seed(0)
T = 50
betas = torch.linspace(1e-3, 0.15, T)
abar = torch.cumprod(1 - betas, 0)


def data(n):
    a = torch.randint(0, 4, (n,)) * 1.5708
    return torch.stack([a.cos(), a.sin()], 1) * 1.5 + 0.1 * torch.randn(n, 2)


class Denoiser(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.time = nn.Embedding(T, h)
        self.inp = nn.Linear(2, h)
        self.net = nn.Sequential(nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))

    def forward(self, x, t):
        return self.net(self.inp(x) + self.time(t))


model = Denoiser()
opt = torch.optim.Adam(model.parameters(), lr=3.0)
for it in range(400):
    x0 = data(128)
    t = torch.randint(0, T, (128,))
    noise = torch.randn_like(x0)
    a = abar[t][:, None]
    xt = a.sqrt() * x0 + (1 - a).sqrt() * noise
    loss = nn.functional.mse_loss(model(xt, t), noise)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 100 == 99:
        print(it + 1, loss.item())
