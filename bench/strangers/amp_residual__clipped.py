# fault: gradients are clipped to almost nothing, with SGD
# causes: learning_rate_too_low
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(21)


class ResBlock(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.net = nn.Sequential(nn.Linear(d, d), nn.GELU(), nn.Linear(d, d))

    def forward(self, x):
        return x + self.net(self.norm(x))


class ResMLP(nn.Module):
    def __init__(self, d=48, depth=3):
        super().__init__()
        self.stem = nn.Linear(64, d)
        self.blocks = nn.ModuleList(ResBlock(d) for _ in range(depth))
        self.head = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 10))

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


digits = load_digits()
x = torch.tensor((digits.data - 8) / 8, dtype=torch.float32)
y = torch.tensor(digits.target)
p = torch.randperm(len(x))
x, y = x[p], y[p]
model = ResMLP()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
sched = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, (s + 1) / 30))
loss_fn = nn.CrossEntropyLoss(label_smoothing=0.05)
for epoch in range(10):
    model.train()
    for rows in torch.randperm(1400).split(56):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(x[rows])
            loss = loss_fn(logits, y[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1e-5)
        optimizer.step()
        sched.step()
    model.eval()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        acc = (model(x[1400:]).argmax(1) == y[1400:]).float().mean()
    print(epoch, f"{loss.item():.5f}", f"{acc:.4f}")
