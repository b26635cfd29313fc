# fault: the experts are detached
# causes: graph_broken
import torch
from torch import nn

torch.manual_seed(3)
x = torch.randn(1000, 6)
y = torch.where(x[:, :1] > 0, x[:, 1:2] * 2, -x[:, 2:3])


class MoE(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.gate = nn.Linear(6, n)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1)) for _ in range(n))

    def forward(self, x):
        w = self.gate(x).softmax(1)
        out = torch.stack([e(x).detach() for e in self.experts], 1)
        usage = w.mean(0)
        return (w.unsqueeze(-1) * out).sum(1), {"balance": (usage * usage).sum() * 3}


net = MoE()
adam = torch.optim.Adam(net.parameters(), 5e-3)
for ep in range(16):
    for b in torch.randperm(800).split(40):
        pred, aux = net(x[b])
        loss = nn.functional.mse_loss(pred, y[b]) + 0.01 * aux["balance"]
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        pred, _ = net(x[800:])
        print(ep, loss.item(), nn.functional.mse_loss(pred, y[800:]).item())
