# fault: the features are detached before the head
# causes: graph_broken
import torch
from torch import nn

torch.manual_seed(4)
w = 0.25 * torch.randn(12, 3)
data = torch.randn(1500, 12)
target = (torch.sin(data @ w)).sum(1)
encoder = nn.Sequential(nn.Linear(12, 64), nn.SiLU(), nn.Linear(64, 32))
head = nn.Sequential(nn.SiLU(), nn.Linear(32, 1))
enc_opt = torch.optim.Adam(encoder.parameters(), lr=3e-3)
head_opt = torch.optim.Adam(head.parameters(), lr=3e-3)
loss_fn = nn.SmoothL1Loss()


def run_epoch():
    perm = torch.randperm(1200)
    for k in range(0, 1200, 40):
        rows = perm[k : k + 40]
        features = encoder(data[rows])
        guess = head(features.detach()).view(-1)
        loss = loss_fn(guess, target[rows])
        enc_opt.zero_grad()
        head_opt.zero_grad()
        loss.backward()
        enc_opt.step()
        head_opt.step()
    return loss.item()


for e in range(40):
    last = run_epoch()
    encoder.eval(), head.eval()
    with torch.no_grad():
        v = loss_fn(head(encoder(data[1200:])).view(-1), target[1200:])
    encoder.train(), head.train()
    if e % 8 == 7:
        print(e + 1, f"{last:.5f}", f"{v.item():.5f}")
