# healthy: meta-learning of sines, with functional_call
import torch
from torch import nn
from torch.func import functional_call

torch.manual_seed(9)


def task():
    amp, phase = torch.rand(1) * 3 + 0.5, torch.rand(1) * 0.5
    x = torch.rand(20, 1) * 10 - 5
    return x[:10], amp * torch.sin(x[:10] + phase), x[10:], amp * torch.sin(x[10:] + phase)


net = nn.Sequential(nn.Linear(1, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1))
meta = torch.optim.Adam(net.parameters(), lr=4e-3)
inner_lr = 0.05
for it in range(300):
    meta.zero_grad()
    outer = 0.0
    for _ in range(4):
        xs, ys, xq, yq = task()
        params = dict(net.named_parameters())
        inner = nn.functional.mse_loss(functional_call(net, params, (xs,)), ys)
        grads = torch.autograd.grad(inner, params.values(), create_graph=True)
        fast = {n: p - inner_lr * g for (n, p), g in zip(params.items(), grads)}
        outer = outer + nn.functional.mse_loss(functional_call(net, fast, (xq,)), yq)
    outer = outer / 4
    outer.backward()
    meta.step()
    if it % 50 == 49:
        print(it + 1, round(outer.item(), 6))
