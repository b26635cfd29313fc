# fault: the predictor's parameters are not the optimizer's
# causes: optimizer_parameter_mismatch
import copy

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(1)
base = torch.randn(600, 12)
online = nn.Sequential(nn.Linear(12, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 16))
predictor = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 16))
target = copy.deepcopy(online).requires_grad_(False)
opt = torch.optim.Adam(online.parameters(), lr=2e-3)
for step in range(240):
    x = base[torch.randint(0, 600, (64,))]
    v1, v2 = x + 0.2 * torch.randn_like(x), x + 0.2 * torch.randn_like(x)
    p = F.normalize(predictor(online(v1)), dim=1)
    with torch.no_grad():
        z = F.normalize(target(v2), dim=1)
    loss = 2 - 2 * (p * z).sum(1).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        for a, b in zip(target.parameters(), online.parameters()):
            a.mul_(0.98).add_(b, alpha=0.02)
    if step % 60 == 59:
        print(step + 1, loss.item())
