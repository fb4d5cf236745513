"""Losses for the classes of pixels, written out with one-hot labels; autograd gives the gradients."""

import torch
import torch.nn.functional as F
from record import integers, normal, values

IGNORED = 255


def add_cases(family):
    """Adds the family's cases."""
    add_balanced(family)
    add_focal(family)
    add_dice(family)


def pixels(*shape, classes):
    """Logits [*shape, classes], labels of all but the last class, and the same with two of them ignored."""
    labels = integers(classes - 1, *shape)
    ignored = labels.clone().reshape(-1)
    ignored[1], ignored[4] = IGNORED, IGNORED
    return normal(*shape, classes, scale=2), labels, ignored.reshape(shape)


def counted(logits, labels):
    """Logits [n, classes] and one-hot labels [n, classes] of the pixels that are not ignored."""
    known = labels != IGNORED
    return logits[known], F.one_hot(labels[known], logits.shape[-1]).to(torch.float64)


def log_complement(logits):
    """log(1 − softmax): the logarithm of the sum over all other classes, less that over all."""
    classes = logits.shape[-1]
    own = torch.eye(classes, dtype=torch.bool)
    others = logits[:, None, :].expand(-1, classes, -1).masked_fill(own, -torch.inf)
    return others.logsumexp(-1) - logits.logsumexp(-1, keepdim=True)


def balanced(logits, labels, balance, strength, normalise):
    """The balanced cross-entropy of balancedCrossEntropy.ts."""
    z, y = counted(logits, labels)
    share = y.mean(0)
    if balance == "batch":
        beta = (1 - share) ** strength / ((1 - share) ** strength + share**strength)
    else:
        beta = torch.as_tensor(balance, dtype=torch.float64).expand(z.shape[-1])
    weight = beta * y + (1 - beta) * (1 - y)
    cost = -y * z.log_softmax(-1) - (1 - y) * log_complement(z)
    if normalise == "pixels":
        return (weight * cost).sum() / weight.sum()
    there = share > 0
    return ((weight * cost).sum(0)[there] / weight.sum(0)[there]).mean()


def add_balanced(family):
    """Every kind of balance, normalised both ways."""
    logits, labels, ignored = pixels(2, 3, 2, classes=4)
    each = [0.9, 0.6, 0.75, 0.95]
    balances = (("one number", 0.7), ("1", 1), ("0", 0), ("one for each class", each), ("batch", "batch"))
    for name, balance in balances:
        for normalise in ("pixels", "classes"):
            strengths = (1, 0.5) if balance == "batch" else (1,)
            for strength in strengths:
                options = {"balance": balance, "strength": strength, "normalise": normalise}
                family.case(
                    f"balancedCrossEntropy by {normalise}, balance {name}, strength {strength}", "balancedCrossEntropy",
                    options | {"ignoreIndex": IGNORED}, [logits, ignored], lambda z, t: balanced(z, t, **options),
                )
    family.case(
        "balancedCrossEntropy, nothing ignored", "balancedCrossEntropy", {}, [logits, labels],
        lambda z, t: balanced(z, t, "batch", 1, "pixels"),
    )
    large = values([40, 0, -3], [2, 700, -700], [0.5, 0.25, -90])
    family.case(
        "balancedCrossEntropy, large logits", "balancedCrossEntropy", {"balance": 0.4}, [large, torch.tensor([1, 0, 0])],
        lambda z, t: balanced(z, t, 0.4, 1, "pixels"),
    )


def focal(logits, labels, gamma, weights=None):
    """Lin et al., with the mean over the sum of weights."""
    z, y = counted(logits, labels)
    log_p = (z.log_softmax(-1) * y).sum(-1)
    weight = torch.ones_like(log_p) if weights is None else y @ weights
    return (weight * (1 - log_p.exp()) ** gamma * -log_p).sum() / weight.sum()


def add_focal(family):
    """With and without weights."""
    logits, labels, ignored = pixels(2, 4, classes=5)
    weights = normal(5).abs() + 0.2
    for gamma in (0, 0.5, 2, 5):
        family.case(
            f"focal, γ {gamma}", "focal", {"gamma": gamma, "ignoreIndex": IGNORED}, [logits, ignored],
            lambda z, t: focal(z, t, gamma),
        )
    family.case("focal, weights", "focal", {"gamma": 2}, [logits, labels, weights], lambda z, t, w: focal(z, t, 2, w))


def dice(logits, labels, isSquared, smoothing, absent):
    """Soft Dice over the whole batch."""
    z, y = counted(logits, labels)
    p = z.softmax(-1)
    size = (p**2 if isSquared else p).sum(0)
    coefficient = (2 * (p * y).sum(0) + smoothing) / (size + y.sum(0) + smoothing)
    judged = y.sum(0) > 0 if absent == "skip" else torch.ones_like(size, dtype=torch.bool)
    return 1 - coefficient[judged].mean()


def add_dice(family):
    """Both divisors, with absent classes and without."""
    logits, labels, ignored = pixels(2, 3, 2, classes=4)
    for squared in (True, False):
        for smoothing, absent in ((1, "skip"), (0.5, "count"), (0, "skip")):
            options = {"isSquared": squared, "smoothing": smoothing, "absent": absent}
            family.case(
                f"dice, squared {squared}, smoothing {smoothing}, absent classes {absent}", "dice",
                options | {"ignoreIndex": IGNORED}, [logits, ignored], lambda z, t: dice(z, t, **options),
            )
