# fault: the actor goes away from what is rewarded
# causes: wrong_sign_of_objective
import torch
from torch import nn
from torch.distributions import Normal

torch.manual_seed(4)
actor = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 1))
critic = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 1))
pi_opt = torch.optim.Adam(actor.parameters(), lr=3e-3)
v_opt = torch.optim.Adam(critic.parameters(), lr=5e-3)
for it in range(250):
    obs = torch.randn(64, 3)
    dist = Normal(actor(obs), 0.3)
    act = dist.sample()
    rew = -(act - obs.sum(1, keepdim=True)).pow(2)
    v = critic(obs)
    v_loss = (v - rew).pow(2).mean()
    v_opt.zero_grad()
    v_loss.backward()
    v_opt.step()
    adv = rew - v.detach()
    adv = (adv - adv.mean()) / (adv.std() + 1e-6)
    pi_loss = (dist.log_prob(act) * adv).mean()
    pi_opt.zero_grad()
    pi_loss.backward()
    pi_opt.step()
    if it % 50 == 49:
        print(it + 1, rew.mean().item(), v_loss.item())
