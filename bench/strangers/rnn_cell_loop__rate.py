# fault: Adam at 5
# causes: learning_rate_too_high
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randint(0, 2, (900, 8)).float()
y = (x.sum(1) > 4).long()


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(1, 16)
        self.fc = nn.Linear(16, 2)

    def forward(self, seq):
        h = torch.zeros(seq.size(0), 16)
        for t in range(seq.size(1)):
            h = self.cell(seq[:, t:t + 1], h)
        return self.fc(h)


m = Counter()
o = torch.optim.Adam(m.parameters(), lr=5.0)
ce = nn.CrossEntropyLoss()
for ep in range(15):
    for r in torch.randperm(700).split(50):
        o.zero_grad()
        loss = ce(m.forward(x[r]), y[r])
        loss.backward()
        o.step()
    with torch.no_grad():
        print(ep, loss.item(), (m.forward(x[700:]).argmax(1) == y[700:]).float().mean().item())
