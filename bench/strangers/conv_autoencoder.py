# healthy: a convolutional autoencoder
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
img = torch.tensor(load_digits().images / 16.0, dtype=torch.float32).unsqueeze(1)
img = img[torch.randperm(len(img))]


class AE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.dec = nn.Sequential(
            nn.ConvTranspose2d(16, 8, 2, stride=2),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 1, 2, stride=2),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.dec(self.enc(x))


ae = AE()
optimizer = torch.optim.Adam(ae.parameters(), lr=3e-3)
criterion = nn.MSELoss()
for epoch in range(12):
    for batch in img[:1500][torch.randperm(1500)].split(60):
        out = ae(batch)
        loss = criterion(out, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        print(epoch, f"{loss.item():.6f}", f"{criterion(ae(img[1500:]), img[1500:]).item():.6f}")
