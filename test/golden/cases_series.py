"""Losses of forecasts, with masks and without, and encodings of time."""

import torch
import torch.nn.functional as F
from record import integers, normal, values


def pinball(prediction, truth, quantiles):
    """Koenker & Bassett 1978, for each quantile along the last axis."""
    above = truth[..., None] - prediction
    q = torch.tensor(quantiles, dtype=truth.dtype)
    return torch.where(above > 0, q * above, (q - 1) * above)


def sinusoidal(t, width, base):
    """Vaswani et al. 2017, section 3.5, feature by feature."""
    waves = [getattr(torch, "sin" if j % 2 == 0 else "cos")(t / base ** ((j - j % 2) / width)) for j in range(width)]
    return torch.stack(waves, -1)


def add_cases(family):
    """Adds the family's cases."""
    pair = lambda: [normal(3, 4, scale=2), normal(3, 4)]
    mask = integers(2, 3, 4)
    mean = lambda cost, m: (cost * m).sum() / m.sum()
    family.case("maskedMeanSquaredError", "maskedMeanSquaredError", {}, [*pair(), mask], lambda p, t, m: mean((p - t) ** 2, m))
    family.case("maskedMeanAbsoluteError", "maskedMeanAbsoluteError", {}, [*pair(), mask], lambda p, t, m: mean((p - t).abs(), m))
    family.case(
        "maskedHuber", "maskedHuber", {"delta": 0.7}, [*pair(), mask],
        lambda p, t, m: F.huber_loss(p[m == 1], t[m == 1], delta=0.7),
    )
    quantiles = [0.1, 0.5, 0.95]
    inputs = [normal(4, 2, 3), normal(4, 2)]
    family.case("quantileLoss", "quantileLoss", {"quantiles": quantiles}, inputs, lambda p, t: pinball(p, t, quantiles).mean())
    family.case(
        "maskedQuantileLoss", "maskedQuantileLoss", {"quantiles": quantiles}, [*inputs, integers(2, 4, 2)],
        lambda p, t, m: pinball(p, t, quantiles)[m == 1].mean(),
    )
    family.case("logCosh", "logCosh", {}, pair(), lambda p, t: torch.log(torch.cosh(p - t)).mean())
    truths = values([0, 1, 0.3], [1, 1, 0])
    for weight in (1, 2.5):
        family.case(
            f"binaryCrossEntropy, positive weight {weight}", "binaryCrossEntropy", {"positiveWeight": weight},
            [normal(2, 3, scale=4), truths],
            lambda z, y: F.binary_cross_entropy_with_logits(z, y, pos_weight=torch.tensor(float(weight), dtype=z.dtype)), constant=(1,),
        )
    family.case("sinusoidal", "sinusoidal", {"width": 6, "base": 100}, [normal(2, 3, scale=5)], lambda t: sinusoidal(t, 6, 100))
    family.case(
        "time2vec", "time2vec", {}, [normal(2, 3), normal(5), normal(5)],
        lambda t, w, p: torch.cat([t[..., None] * w[:1] + p[:1], torch.sin(t[..., None] * w[1:] + p[1:])], -1),
    )
