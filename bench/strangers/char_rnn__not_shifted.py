# fault: the targets are the inputs themselves
# causes: labels_not_shifted
import torch
import torch.nn as nn

torch.manual_seed(0)
text = "the quick brown fox jumps over the lazy dog and then the dog sleeps in the warm sun. " * 40
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
ids = torch.tensor([stoi[c] for c in text])


class CharRNN(nn.Module):
    def __init__(self, vocab, emb=16, hidden=64):
        super().__init__()
        self.embed = nn.Embedding(vocab, emb)
        self.rnn = nn.GRU(emb, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, vocab)

    def forward(self, x, h=None):
        out, h = self.rnn(self.embed(x), h)
        return self.fc(out), h


def batchify(seq, bsz):
    n = len(seq) // bsz
    return seq[: n * bsz].view(bsz, n)


train, held = batchify(ids[:3000], 8), batchify(ids[3000:], 4)
model = CharRNN(len(chars))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()
bptt = 15
for epoch in range(10):
    hidden = None
    for i in range(0, train.size(1) - 1 - bptt, bptt):
        x, y = train[:, i : i + bptt], train[:, i : i + bptt]
        if hidden is not None:
            hidden = hidden.detach()
        logits, hidden = model(x, hidden)
        loss = criterion(logits.reshape(-1, len(chars)), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    with torch.no_grad():
        logits, _ = model(held[:, :-1])
        val = criterion(logits.reshape(-1, len(chars)), held[:, 1:].reshape(-1))
    print(epoch, f"{loss.item():.6f}", f"{val.item():.6f}")
