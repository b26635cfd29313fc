# fault: the padding mask is the wrong way round
# causes: mask_inverted
import torch
from torch import nn

torch.manual_seed(6)
PAD, V, L = 0, 30, 10


def make(n):
    tokens = torch.randint(3, V, (n, L))
    label = torch.randint(0, 2, (n,))
    length = torch.randint(5, L + 1, (n,))
    where = (torch.rand(n) * length).long()
    tokens[torch.arange(n), where] = torch.where(label == 1, 1, 2)
    tokens[torch.arange(L)[None] >= length[:, None]] = PAD
    return tokens, label


class TextClassifier(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.emb = nn.Embedding(V, d, padding_idx=PAD)
        self.pos = nn.Parameter(torch.randn(1, L, d) * 0.02)
        layer = nn.TransformerEncoderLayer(d, 2, 48, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.out = nn.Linear(d, 2)

    def forward(self, tokens, mask):
        h = self.encoder(self.emb(tokens) + self.pos, src_key_padding_mask=mask)
        h = h.masked_fill(mask.unsqueeze(-1), 0).sum(1) / (~mask).sum(1, keepdim=True)
        return self.out(h)


xs, ys = make(1000)
xv, yv = make(200)
model = TextClassifier()
opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
for epoch in range(8):
    model.train()
    for b in torch.randperm(1000).split(40):
        src = xs[b]
        loss = nn.functional.cross_entropy(model(src, mask=src != PAD), ys[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = (model(xv, mask=xv != PAD).argmax(-1) == yv).float().mean()
    print(epoch, f"{loss.item():.5f}", f"{acc.item():.4f}")
