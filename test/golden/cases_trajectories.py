"""Optimisers over 200 updates of a small network: the parameters after every 25th, by PyTorch's own optimisers, schedulers and clipping.

Those that PyTorch 1.13 does not have (Lion, LAMB, Adam with the Nesterov momentum of Optax) are written here from their papers. So is NAdam,
whose product up to t + 1 has a factor too many there (mended in 2.0). Learning rates are such that a change in the last place stays one.
"""

import torch
from record import normal
from torch.optim import lr_scheduler as schedulers

STEPS, EVERY = 200, 25

OPTIMISERS = {
    "SGD": {"optimizer": "sgd", "learningRate": 0.3},
    "SGD with weight decay": {"optimizer": "sgd", "learningRate": 0.3, "weightDecay": 0.05},
    "momentum": {"optimizer": "sgd", "learningRate": 0.1, "momentum": 0.9},
    "Nesterov": {"optimizer": "sgd", "learningRate": 0.1, "momentum": 0.9, "nesterov": True, "weightDecay": 0.01},
    "RMSProp": {"optimizer": "rmsProp", "learningRate": 0.003},
    "RMSProp, centred": {"optimizer": "rmsProp", "learningRate": 0.002, "decay": 0.9, "centered": True},
    "RMSProp, centred with momentum": {"optimizer": "rmsProp", "learningRate": 0.002, "centered": True, "momentum": 0.9, "weightDecay": 0.02},
    "Adagrad": {"optimizer": "adagrad", "learningRate": 0.1},
    "Adam": {"optimizer": "adam", "learningRate": 0.02},
    "Adam, L2": {"optimizer": "adam", "learningRate": 0.02, "weightDecay": 0.1, "epsilon": 1e-6},
    "Adam, AMSGrad": {"optimizer": "adam", "learningRate": 0.02, "amsgrad": True, "b2": 0.9},
    "AdamW": {"optimizer": "adamW", "learningRate": 0.02},
    "AdamW, AMSGrad": {"optimizer": "adamW", "learningRate": 0.02, "amsgrad": True, "b2": 0.9, "weightDecay": 0.1},
    "AdamW, Nesterov": {"optimizer": "adamW", "learningRate": 0.02, "nesterov": True, "weightDecay": 0.1},
    "NAdam": {"optimizer": "nAdam", "learningRate": 0.02},
    "NAdam, L2": {"optimizer": "nAdam", "learningRate": 0.005, "weightDecay": 0.1, "momentumDecay": 0.02},
    "Lion": {"optimizer": "lion", "learningRate": 0.003, "weightDecay": 0.1},
    "LAMB": {"optimizer": "lamb", "learningRate": 0.01, "weightDecay": 0.1},
}
BASES = ("SGD", "momentum", "Nesterov", "RMSProp", "Adam", "AdamW", "AdamW, AMSGrad", "NAdam")
CLIP = 0.1


def add_cases(family):
    """Adds each optimiser alone, and the common ones with a schedule, and with a schedule and clipping."""
    problem = [normal(6, 3), normal(6, 2), normal(3, 2), normal(2)]
    variants = {name: options for name, options in OPTIMISERS.items()}
    for name in BASES:
        peak = OPTIMISERS[name]["learningRate"] * 2
        cosine = {"kind": "cosine", "from": peak, "to": peak / 10, "steps": STEPS}
        cycle = {"kind": "oneCycle", "peak": peak, "steps": STEPS}
        variants[f"{name}, cosine"] = {**OPTIMISERS[name], "schedule": cosine}
        variants[f"{name}, one cycle, clipped"] = {**OPTIMISERS[name], "schedule": cycle, "clip": CLIP}
    for name, options in variants.items():
        options = {**options, "steps": STEPS, "every": EVERY}
        family.case(name, "trajectory", options, problem, lambda *given: trajectory(options, *given), constant=range(4))


def trajectory(options, x, y, w, b):
    """Minimises the mean squared error of tanh(x w + b); f64 [STEPS / EVERY, parameters]."""
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    optimizer = make_optimizer(options, [w, b])
    scheduler = make_scheduler(options.get("schedule"), optimizer)
    path = []
    for step in range(STEPS):
        optimizer.zero_grad()
        (torch.tanh(x @ w + b) - y).square().mean().backward()
        if "clip" in options:
            torch.nn.utils.clip_grad_norm_([w, b], options["clip"])
        optimizer.step()
        if scheduler is not None and step < STEPS - 1:
            scheduler.step()
        if step % EVERY == EVERY - 1:
            path.append(torch.cat([w.detach().reshape(-1), b.detach()]).clone())
    return torch.stack(path)


def make_optimizer(options, parameters):
    """The optimiser that the options name, with PyTorch's defaults for what they leave out."""
    given = dict(lr=options["learningRate"], weight_decay=options.get("weightDecay", 0))
    momentum = options.get("momentum", 0)
    betas = (options.get("b1", 0.9), options.get("b2", 0.999))
    adam = {**given, "betas": betas, "eps": options.get("epsilon", 1e-8)}
    name = options["optimizer"]
    if name == "sgd":
        return torch.optim.SGD(parameters, momentum=momentum, nesterov=options.get("nesterov", False), **given)
    if name == "rmsProp":
        return torch.optim.RMSprop(parameters, alpha=options.get("decay", 0.99), momentum=momentum, centered=options.get("centered", False), **given)
    if name == "adagrad":
        return torch.optim.Adagrad(parameters, **given)
    if name == "adam":
        return torch.optim.Adam(parameters, amsgrad=options.get("amsgrad", False), **adam)
    if name == "adamW" and not options.get("nesterov"):
        adam["weight_decay"] = options.get("weightDecay", 0.01)
        return torch.optim.AdamW(parameters, amsgrad=options.get("amsgrad", False), **adam)
    if name == "nAdam":
        psi = options.get("momentumDecay", 4e-3)
        return FromPaper(parameters, given, lambda *now: nadam(psi, *now))
    return FromPaper(parameters, given, UPDATES[name])


def make_scheduler(schedule, optimizer):
    """The scheduler of PyTorch for our schedule."""
    if schedule is None:
        return None
    if schedule["kind"] == "cosine":
        optimizer.param_groups[0]["lr"] = schedule["from"]
        return schedulers.CosineAnnealingLR(optimizer, STEPS, schedule["to"])
    return schedulers.OneCycleLR(optimizer, schedule["peak"], STEPS, cycle_momentum=False)


class FromPaper(torch.optim.Optimizer):
    """An optimiser given by its update: a function of gradient, parameter, state and settings."""

    def __init__(self, parameters, settings, update):
        super().__init__(parameters, settings)
        self.update = update

    @torch.no_grad()
    def step(self):
        """θ −= learning rate · update."""
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                p -= group["lr"] * self.update(p.grad, p, state, group["weight_decay"])


def lion(g, p, state, decay):
    """Algorithm 2 of X. Chen et al., 2023, with b1 = 0.9 and b2 = 0.99."""
    direction = torch.sign(0.9 * state["m"] + 0.1 * g)
    state["m"] = 0.99 * state["m"] + 0.01 * g
    return direction + decay * p


def adam_means(g, state):
    """Adam's two means, not corrected."""
    state["m"] = 0.9 * state["m"] + 0.1 * g
    state["v"] = 0.999 * state["v"] + 0.001 * g * g
    return state["m"], state["v"]


def nadam(psi, g, p, state, decay):
    """The formulas of PyTorch's documentation, from Dozat, 2016."""
    g = g + decay * p
    (m, v), t = adam_means(g, state), state["t"]
    mu, after = (0.9 * (1 - 0.5 * 0.96 ** (step * psi)) for step in (t, t + 1))
    state["product"] = state.get("product", 1) * mu
    mean = after * m / (1 - state["product"] * after) + (1 - mu) * g / (1 - state["product"])
    return mean / (torch.sqrt(v / (1 - 0.999**t)) + 1e-8)


def lamb(g, p, state, decay):
    """Algorithm 2 of You et al., 2020, with ε = 1e-6."""
    (m, v), t = adam_means(g, state), state["t"]
    update = (m / (1 - 0.9**t)) / (torch.sqrt(v / (1 - 0.999**t)) + 1e-6) + decay * p
    return update * (p.norm() / update.norm())


def nesterov_adam_w(g, p, state, decay):
    """AdamW with b1 m / (1 − b1^(t+1)) + (1 − b1) g / (1 − b1^t) for the corrected mean, as Optax's nadamw."""
    (m, v), t = adam_means(g, state), state["t"]
    mean = 0.9 * m / (1 - 0.9 ** (t + 1)) + 0.1 * g / (1 - 0.9**t)
    return mean / (torch.sqrt(v / (1 - 0.999**t)) + 1e-8) + decay * p


UPDATES = {"lion": lion, "lamb": lamb, "adamW": nesterov_adam_w}
