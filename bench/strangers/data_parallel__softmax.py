# fault: a softmax before CrossEntropyLoss
# causes: double_softmax, wrong_loss_activation_pair
import argparse

import torch
import torch.nn as nn
from sklearn.datasets import make_blobs

p = argparse.ArgumentParser()
p.add_argument("--epochs", type=int, default=12)
p.add_argument("--lr", type=float, default=0.05)
args = p.parse_args()
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(0)
X, y = make_blobs(900, 6, centers=5, cluster_std=2.5, random_state=2)
X = torch.tensor(X, dtype=torch.float32)
X = (X - X.mean(0)) / X.std(0)
y = torch.tensor(y)
model = nn.DataParallel(nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 5), nn.Softmax(1))).to(device)
criterion = nn.CrossEntropyLoss().to(device)
optimizer = torch.optim.SGD(model.parameters(), args.lr, momentum=0.9)
for epoch in range(args.epochs):
    model.train()
    for b in torch.randperm(700).split(35):
        input, target = X[b].to(device), y[b].to(device)
        output = model(input)
        loss = criterion(output, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc1 = (model(X[700:].to(device)).argmax(1) == y[700:].to(device)).float().mean()
    print(epoch, loss.item(), acc1.item())
