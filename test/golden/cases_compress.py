"""Losses of distillation, by PyTorch's cross_entropy, kl_div and mse_loss; the teacher carries no gradient."""

import torch.nn.functional as F
from record import integers, normal


def add_cases(family):
    """Adds the family's cases."""
    for temperature, alpha, shape in ((1.0, 0.5, (6,)), (2.0, 0.5, (6,)), (4.0, 0.9, (2, 3)), (0.5, 1.0, (5,)), (3.0, 0.0, (4,))):
        family.case(
            f"distillationLoss, T {temperature}, alpha {alpha}", "distillationLoss", {"temperature": temperature, "alpha": alpha},
            [normal(*shape, 5, scale=2), normal(*shape, 5, scale=2), integers(5, *shape)],
            lambda s, t, y: distillation(s, t, y, temperature, alpha), constant=(1,),
        )
    family.case("hiddenLoss", "hiddenLoss", {}, [normal(2, 3, 4), normal(2, 3, 4)], F.mse_loss, constant=(1,))
    family.case(
        "hiddenLoss, projected", "hiddenLoss", {}, [normal(2, 3, 4), normal(2, 3, 6), normal(4, 6)],
        lambda s, t, p: F.mse_loss(s @ p, t), constant=(1,),
    )


def distillation(student, teacher, targets, temperature, alpha):
    """(1 − α) cross-entropy + α T² KL, both means over rows."""
    student, teacher = student.reshape(-1, student.shape[-1]), teacher.reshape(-1, teacher.shape[-1])
    soft = F.kl_div(
        F.log_softmax(student / temperature, -1), F.log_softmax(teacher / temperature, -1), reduction="batchmean", log_target=True
    )
    return (1 - alpha) * F.cross_entropy(student, targets.reshape(-1)) + alpha * temperature**2 * soft
