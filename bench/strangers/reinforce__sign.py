# fault: the policy loss has the wrong sign
# causes: wrong_sign_of_objective
import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(2)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine = nn.Linear(6, 32)
        self.action = nn.Linear(32, 4)
        self.value = nn.Linear(32, 1)

    def forward(self, s):
        h = torch.tanh(self.affine(s))
        return self.action(h), self.value(h)


truth = torch.randn(6, 4)
policy = Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=5e-3)
avg = 0.0
for it in range(400):
    s = torch.randn(64, 6)
    logits, value = policy(s)
    dist = Categorical(logits=logits)
    a = dist.sample()
    reward = (s @ truth).argmax(1).eq(a).float()
    advantage = reward - value.squeeze(1)
    loss_pi = (dist.log_prob(a) * advantage.detach()).mean()
    loss_v = advantage.pow(2).mean()
    loss = loss_pi + 0.5 * loss_v - 0.01 * dist.entropy().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    avg = 0.95 * avg + 0.05 * reward.mean().item()
    if it % 100 == 99:
        print(it + 1, f"{avg:.4f}")
