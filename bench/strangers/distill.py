# healthy: a student learns from a frozen teacher's soft answers
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)
p = torch.randperm(len(X))
X, y = X[p], y[p]
Xt, yt, Xv, yv = X[:1400], y[:1400], X[1400:], y[1400:]

teacher = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
t_opt = torch.optim.Adam(teacher.parameters(), lr=2e-3)
for epoch in range(10):
    for b in torch.randperm(1400).split(100):
        t_opt.zero_grad()
        F.cross_entropy(teacher(Xt[b]), yt[b]).backward()
        t_opt.step()
teacher.eval()
for q in teacher.parameters():
    q.requires_grad_(False)
print("teacher", (teacher(Xv).argmax(1) == yv).float().mean().item())

student = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10))
s_opt = torch.optim.Adam(student.parameters(), lr=5e-3)
T, alpha = 3.0, 0.7
for epoch in range(20):
    student.train()
    for b in torch.randperm(1400).split(64):
        with torch.no_grad():
            soft = teacher(Xt[b])
        out = student(Xt[b])
        kd = (
            F.kl_div(F.log_softmax(out / T, 1), F.softmax(soft / T, 1), reduction="batchmean")
            * T
            * T
        )
        loss = alpha * kd + (1 - alpha) * F.cross_entropy(out, yt[b])
        s_opt.zero_grad()
        loss.backward()
        s_opt.step()
    student.eval()
    with torch.no_grad():
        acc = (student(Xv).argmax(1) == yv).float().mean()
    if epoch % 5 == 4:
        print(epoch + 1, f"{loss.item():.5f}", f"{acc:.4f}")
