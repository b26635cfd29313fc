# fault: gradients are never set to zero
# causes: missing_zero_grad
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(0)


def make(n, size=12):
    img = torch.randn(n, 1, size, size) * 0.3
    mask = torch.zeros(n, size, size)
    for i in range(n):
        r, c = torch.randint(0, size - 5, (2,)).tolist()
        mask[i, r:r + 5, c:c + 5] = 1
    return img + mask[:, None], mask.unsqueeze(1)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 8, 3, padding=1)
        self.mid = nn.Conv2d(8, 16, 3, padding=1)
        self.up = nn.Conv2d(24, 8, 3, padding=1)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = F.relu(self.down(x))
        b = F.relu(self.mid(F.max_pool2d(a, 2)))
        b = F.interpolate(b, scale_factor=2)
        return self.last(F.relu(self.up(torch.cat([a, b], 1))))


def dice_loss(logits, target, eps=1.0):
    p = torch.sigmoid(logits)
    inter = (p * target).sum((1, 2, 3))
    return 1 - ((2 * inter + eps) / (p.sum((1, 2, 3)) + target.sum((1, 2, 3)) + eps)).mean()


train_x, train_y = make(320)
val_x, val_y = make(64)
net = UNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(10):
    for b in torch.randperm(320).split(16):
        out = net(train_x[b])
        loss = F.binary_cross_entropy_with_logits(out, train_y[b]) + dice_loss(out, train_y[b])
        loss.backward()
        opt.step()
    with torch.no_grad():
        out = net(val_x)
        v = F.binary_cross_entropy_with_logits(out, val_y) + dice_loss(out, val_y)
        iou = ((out > 0) & (val_y > 0)).sum() / ((out > 0) | (val_y > 0)).sum()
    print(epoch, loss.item(), v.item(), iou.item())
