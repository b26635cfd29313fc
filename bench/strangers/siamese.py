# healthy: a siamese network called twice, with a contrastive loss written by hand
import torch
from torch import nn

torch.manual_seed(12)
protos = torch.randn(5, 10) * 1.5


def pairs(n):
    a, b = torch.randint(0, 5, (n,)), torch.randint(0, 5, (n,))
    b = torch.where(torch.rand(n) < 0.4, a, b)
    x1, x2 = protos[a] + 0.4 * torch.randn(n, 10), protos[b] + 0.4 * torch.randn(n, 10)
    return x1, x2, (a != b).float()


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(10, 32), nn.PReLU(), nn.Linear(32, 4))

    def forward_once(self, x):
        return self.fc(x)

    def forward(self, x1, x2):
        return self.forward_once(x1), self.forward_once(x2)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=2.0):
        super().__init__()
        self.margin = margin

    def forward(self, o1, o2, label):
        d = nn.functional.pairwise_distance(o1, o2)
        return torch.mean((1 - label) * d.pow(2) + label * torch.clamp(self.margin - d, min=0).pow(2))


net, criterion = Embedder(), ContrastiveLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for i in range(300):
    img0, img1, label = pairs(48)
    optimizer.zero_grad()
    output1, output2 = net(img0, img1)
    loss_contrastive = criterion(output1, output2, label)
    loss_contrastive.backward()
    optimizer.step()
    if i % 60 == 59:
        with torch.no_grad():
            a, b, l = pairs(300)
            d = nn.functional.pairwise_distance(*net(a, b))
        print(i + 1, loss_contrastive.item(), ((d > 1).float() == l).float().mean().item())
