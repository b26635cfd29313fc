# fault: the target is held against all actions by broadcasting
# causes: wrong_dimension
import random
from collections import deque

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

random.seed(0)
np.random.seed(0)
torch.manual_seed(0)


class Corridor:
    """Walk right to the door; each step costs a little."""

    def __init__(self, length=8):
        self.length = length

    def reset(self):
        self.pos, self.t = 0, 0
        return self.obs()

    def obs(self):
        o = np.zeros(self.length, dtype=np.float32)
        o[self.pos] = 1
        return o

    def step(self, action):
        self.pos = max(0, self.pos + (1 if action else -1))
        self.t += 1
        done = self.pos == self.length - 1
        return self.obs(), 1.0 if done else -0.02, done, self.t >= 40


class QNet(nn.Module):
    def __init__(self, n_obs, n_act):
        super().__init__()
        self.l1 = nn.Linear(n_obs, 32)
        self.l2 = nn.Linear(32, n_act)

    def forward(self, x):
        return self.l2(F.relu(self.l1(x)))


env = Corridor()
q, target = QNet(8, 2), QNet(8, 2)
target.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=2e-3)
memory = deque(maxlen=2000)
eps, gamma = 1.0, 0.95
returns = []
step = 0
for episode in range(60):
    s, total, stop = env.reset(), 0.0, False
    while not stop:
        if random.random() < eps:
            a = random.randrange(2)
        else:
            with torch.no_grad():
                a = q(torch.from_numpy(s)[None]).argmax(1).item()
        s2, r, done, timeout = env.step(a)
        memory.append((s, a, r, s2, float(done)))
        s, total, stop = s2, total + r, done or timeout
        if len(memory) >= 64:
            batch = random.sample(memory, 32)
            bs, ba, br, bs2, bd = (torch.tensor(np.array(c)) for c in zip(*batch))
            qa = q(bs).gather(1, ba.long().unsqueeze(1))
            with torch.no_grad():
                y = br.float() + gamma * (1 - bd.float()) * target(bs2).max(1)[0]
            loss = F.smooth_l1_loss(qa, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            step += 1
            if step % 50 == 0:
                target.load_state_dict(q.state_dict())
    eps = max(0.05, eps * 0.93)
    returns.append(total)
    if episode % 10 == 9:
        print(episode + 1, round(float(np.mean(returns[-10:])), 4))
