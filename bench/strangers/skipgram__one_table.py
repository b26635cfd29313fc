# fault: the context table is not trained
# causes: optimizer_parameter_mismatch
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
V, D = 24, 8
group = torch.arange(V) % 4
centers = torch.randint(0, V, (4000,))
same = torch.randint(0, V // 4, (4000,))
contexts = group[centers] + 4 * same


class SkipGram(nn.Module):
    def __init__(self):
        super().__init__()
        self.in_embed = nn.Embedding(V, D)
        self.out_embed = nn.Embedding(V, D)

    def forward(self, center, context, negatives):
        v = self.in_embed(center)
        pos = (v * self.out_embed(context)).sum(1)
        neg = torch.bmm(self.out_embed(negatives), v.unsqueeze(2)).squeeze(2)
        return -(F.logsigmoid(pos) + F.logsigmoid(-neg).sum(1)).mean()


model = SkipGram()
optimizer = torch.optim.Adam(model.in_embed.parameters(), lr=0.02)
for epoch in range(4):
    total = 0.0
    for rows in torch.randperm(4000).split(50):
        loss = model(centers[rows], contexts[rows], torch.randint(0, V, (len(rows), 3)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch, total / 80)
