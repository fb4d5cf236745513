"""Graph layers written from the equations of their papers, over dense adjacencies A[listener, speaker].

`form` says how Pullback is given the adjacency: "dense", "edges" or "csr"; PyTorch is the same each time. With edges the
first input has the weights of `pairs` (source, target), the target hearing the source; PyTorch scatters them.
"""

import torch
from record import normal

# Of 5 nodes. Nobody hears or is heard by node 4; the others hear two and are heard by two, since the mean over one does not
# depend on its weight, and the gradient is 0 up to rounding.
PAIRS = [[0, 1], [2, 1], [1, 3], [3, 0], [1, 0], [2, 2], [0, 3], [3, 2]]


def dense(weights):
    """A [..., 5, 5] from the weights [..., pairs]."""
    sources, targets = torch.tensor(PAIRS).t()
    a = weights.new_zeros(*weights.shape[:-1], 5, 5)
    a[..., targets, sources] = weights
    return a


def inverse(degree, power):
    """degree ** power, and 0 where the degree is 0."""
    positive = degree > 0
    return torch.where(positive, torch.where(positive, degree, torch.ones_like(degree)) ** power, torch.zeros_like(degree))


def symmetric(a, loops):
    """Kipf & Welling 2017: D^-1/2 (A + k I) D^-1/2."""
    a = a + loops * torch.eye(a.shape[-1], dtype=a.dtype)
    factor = inverse(a.sum(-1), -0.5)
    return factor[..., :, None] * a * factor[..., None, :]


def walk(a):
    """D^-1 A."""
    return inverse(a.sum(-1), -1)[..., None] * a


def sage_max(a, h):
    """The largest of each feature among neighbours, node by node; 0 without."""
    rows = []
    for i in range(a.shape[0]):
        found = a[i].nonzero()[:, 0]
        rows.append(h[..., found, :].amax(-2) if len(found) else torch.zeros_like(h[..., 0, :]))
    return torch.stack(rows, -2)


def attention(a, h, w, listener, speaker, bias, slope, mean):
    """Veličković et al. 2018, equations 1 to 6, head by head and node by node."""
    heads, features = listener.shape
    results = []
    for head in range(heads):
        z = h @ w[:, head * features : (head + 1) * features]
        rows = []
        for i in range(a.shape[0]):
            found = a[i].nonzero()[:, 0]
            if len(found) == 0:
                rows.append(torch.zeros_like(z[..., 0, :]))
                continue
            scores = z[..., i, :] @ listener[head], z[..., found, :] @ speaker[head]
            shares = torch.softmax(torch.nn.functional.leaky_relu(scores[0][..., None] + scores[1], slope), -1)
            rows.append((shares[..., None] * z[..., found, :]).sum(-2))
        results.append(torch.stack(rows, -2))
    joined = sum(results) / heads if mean else torch.cat(results, -1)
    return joined + bias


def diffusion(a, h, w, b, steps):
    """Li et al. 2018, equation 2, with one weight for k = 0."""
    places = [h]
    for transition in (walk(a), walk(a.transpose(-1, -2))):
        for k in range(1, steps + 1):
            places.append(torch.linalg.matrix_power(transition, k) @ h)
    return torch.cat(places, -1) @ w + b


def tgcn(a, x, w, b, w_candidate, b_candidate, head, b_head):
    """Zhao et al. 2019: a window through the cell, then a linear layer. A [nodes, nodes] or one for each example and step."""
    hidden = b_candidate.shape[0]
    h = x.new_zeros(x.shape[0], x.shape[2], hidden)
    for step in range(x.shape[1]):
        now = symmetric(a if a.dim() == 2 else a[:, step], 1)
        gates = torch.sigmoid(now @ torch.cat([x[:, step], h], -1) @ w + b)
        r, u = gates[..., :hidden], gates[..., hidden:]
        c = torch.tanh(now @ torch.cat([x[:, step], r * h], -1) @ w_candidate + b_candidate)
        h = u * h + (1 - u) * c
    return h @ head + b_head


def add_cases(family):
    """Adds the family's cases."""
    weights = lambda *lead: normal(*lead, len(PAIRS)).abs() + 0.1
    for loops in (0, 1, 2):
        for form in ("dense", "edges"):
            family.case(
                f"symmetric, {loops} I, {form}, in time", "graphSymmetric", {"pairs": PAIRS, "nodes": 5, "form": form, "selfLoops": loops},
                [weights(2)], lambda w: symmetric(dense(w), loops),
            )
    for form in ("dense", "edges"):
        family.case(
            f"random walk, {form}, in time", "graphRandomWalk", {"pairs": PAIRS, "nodes": 5, "form": form, "selfLoops": 0},
            [weights(2)], lambda w: walk(dense(w)),
        )
    for form in ("dense", "edges", "csr"):
        options = {"pairs": PAIRS, "nodes": 5, "form": form}
        h, linear = lambda: normal(2, 5, 3), lambda rows: [normal(rows, 2), normal(2)]
        family.case(
            f"Gcn with 2 I, {form}", "graphGcn", options | {"selfLoops": 2}, [weights(), h(), *linear(3)],
            lambda w, h, v, b: symmetric(dense(w), 2) @ h @ v + b,
        )
        sage = [weights(), h(), normal(3, 2), normal(3, 2), normal(2)]
        family.case(
            f"GraphSage mean, {form}", "graphSage", options | {"aggregator": "mean"}, sage,
            lambda w, h, own, other, b: h @ own + walk(dense(w)) @ h @ other + b,
        )
        family.case(
            f"GraphSage max, {form}", "graphSage", options | {"aggregator": "max"}, sage,
            lambda w, h, own, other, b: h @ own + sage_max(dense(w), h) @ other + b,
        )
        for mean in (False, True):
            combine, width = ("mean", 2) if mean else ("concat", 4)
            family.case(
                f"GraphAttention {combine}, {form}", "graphAttention", options | {"combine": combine, "slope": 0.2},
                [weights(), h(), normal(3, 4), normal(2, 2), normal(2, 2), normal(width)],
                lambda w, h, *params: attention(dense(w), h, *params, 0.2, mean),
            )
        family.case(
            f"DiffusionConvolution of 2 steps, {form}", "graphDiffusion", options, [weights(), h(), *linear(15)],
            lambda w, h, v, b: diffusion(dense(w), h, v, b, 2),
        )
    for name, lead in (("", ()), (", in time", (2, 4))):
        cell = [normal(2 + 3, 6), normal(6) + 1, normal(2 + 3, 3), normal(3)]
        family.case(
            f"T-GCN over a window{name}", "tgcn", {"pairs": PAIRS, "nodes": 5, "form": "dense"},
            [weights(*lead), normal(2, 4, 5, 2), *cell, normal(3, 2), normal(2)], lambda w, x, *params: tgcn(dense(w), x, *params),
        )
