# healthy: a physics-informed network solves y' = -2y with derivatives of its own output
import torch

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(1, 24), torch.nn.Tanh(), torch.nn.Linear(24, 24),
                          torch.nn.Tanh(), torch.nn.Linear(24, 1))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for it in range(500):
    t = torch.rand(40, 1, requires_grad=True)
    y = net(t)
    dy = torch.autograd.grad(y.sum(), t, create_graph=True)[0]
    start = net(torch.zeros(1, 1))
    loss = ((dy + 2 * y) ** 2).mean() + ((start - 1) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 100 == 99:
        grid = torch.linspace(0, 1, 11)[:, None]
        with torch.no_grad():
            err = (net(grid) - torch.exp(-2 * grid)).abs().max()
        print(it + 1, loss.item(), err.item())
