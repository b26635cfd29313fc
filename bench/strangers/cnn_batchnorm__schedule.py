# fault: the schedule is stepped each batch, so the rate dies in the first epochs
# causes: learning_rate_too_low, schedule_died
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.optim.lr_scheduler import CosineAnnealingLR

torch.manual_seed(0)
d = load_digits()
images = torch.tensor(d.images, dtype=torch.float32).div_(16).unsqueeze(1)
labels = torch.tensor(d.target)
perm = torch.randperm(len(images))
images, labels = images[perm], labels[perm]


def conv_block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(inplace=True), nn.MaxPool2d(2))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(conv_block(1, 8), conv_block(8, 16))
        self.classifier = nn.Linear(16 * 2 * 2, 10)

    def forward(self, x):
        x = self.features(x)
        return self.classifier(torch.flatten(x, 1))


def train(model, optimizer, scheduler, epoch):
    model.train()
    for rows in torch.randperm(1400).split(70):
        data, target = images[rows], labels[rows]
        optimizer.zero_grad()
        output = F.log_softmax(model(data), dim=1)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        scheduler.step()
    print(f"Train Epoch: {epoch}\tLoss: {loss.item():.6f}")


def test(model):
    model.eval()
    test_loss = correct = 0
    with torch.no_grad():
        for data, target in zip(images[1400:].split(200), labels[1400:].split(200)):
            output = F.log_softmax(model(data), dim=1)
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    print(f"Test set: Average loss: {test_loss / 397:.4f}, Accuracy: {correct}/397")


def main():
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.3)
    for epoch in range(1, 11):
        train(model, optimizer, scheduler, epoch)
        test(model)


main()
