"""Normalisation, losses, recurrent cells, attention and graph convolution."""

import torch
import torch.nn.functional as F
from record import integers, normal


def add_cases(family):
    """Adds the family's cases."""
    add_normalisation(family)
    add_losses(family)
    add_cells(family)
    add_attention(family)
    family.case("gcn with self-loops", "gcn", {}, [normal(5, 5).abs(), normal(5, 3), normal(3, 2), normal(2)], gcn)
    add_sequence(family)


def add_normalisation(family):
    """Layer, batch and group normalisation with scale and offset."""
    for shape in ((3, 6), (2, 3, 4)):
        width = shape[-1]
        family.case(
            f"layerNorm of {len(shape)} axes", "layerNorm", {"eps": 1e-5}, [normal(*shape), normal(width), normal(width)],
            lambda x, s, o: F.layer_norm(x, (width,), s, o, eps=1e-5),
        )
    family.case(
        "batchNorm of images", "batchNorm", {"eps": 1e-5}, [normal(3, 2, 4, 3), normal(3), normal(3)],
        lambda x, s, o: F.batch_norm(x.permute(0, 3, 1, 2), None, None, s, o, training=True, eps=1e-5).permute(0, 2, 3, 1),
    )
    family.case(
        "batchNorm of features", "batchNorm", {"eps": 1e-3}, [normal(6, 4), normal(4), normal(4)],
        lambda x, s, o: F.batch_norm(x, None, None, s, o, training=True, eps=1e-3),
    )
    for groups in (1, 2, 4):
        family.case(
            f"groupNorm in {groups} groups", "groupNorm", {"groups": groups, "eps": 1e-5}, [normal(2, 3, 2, 4), normal(4), normal(4)],
            lambda x, s, o: F.group_norm(x.permute(0, 3, 1, 2), groups, s, o, eps=1e-5).permute(0, 2, 3, 1),
        )


def add_losses(family):
    """Cross-entropy from logits, over its three options and together."""
    targets = integers(5, 7)
    ignored = targets.clone()
    ignored[2], ignored[5] = -100, -100
    weights = normal(5).abs() + 0.2
    cases = (
        ("plain", {}, targets, False),
        ("ignoring an index", {"ignoreIndex": -100}, ignored, False),
        ("ignoring a class", {"ignoreIndex": int(targets[0])}, targets, False),
        ("label smoothing", {"labelSmoothing": 0.1}, targets, False),
        ("class weights", {}, targets, True),
        ("smoothing and ignoring", {"labelSmoothing": 0.2, "ignoreIndex": -100}, ignored, False),
        ("everything", {"labelSmoothing": 0.1, "ignoreIndex": -100}, ignored, True),
    )
    for name, options, labels, weighted in cases:
        known = {"label_smoothing": options.get("labelSmoothing", 0.0), "ignore_index": options.get("ignoreIndex", -1000)}
        inputs = [normal(7, 5, scale=2), labels] + ([weights] if weighted else [])
        family.case(
            f"crossEntropy, {name}", "crossEntropy", options, inputs,
            lambda x, t, w=None: F.cross_entropy(x, t, w, **known), constant=(2,),
        )


def add_cells(family):
    """One step of PyTorch's GRU and LSTM, with the weights as [inputs, gates · state]."""
    n, i, s = 2, 3, 4
    gru = [normal(n, i), normal(n, s), normal(i, 3 * s), normal(s, 3 * s), normal(3 * s), normal(3 * s)]
    family.case("gruCell", "gruCell", {}, gru, lambda x, h, wx, wh, bx, bh: torch.gru_cell(x, h, wx.t(), wh.t(), bx, bh))
    lstm = [normal(n, i), normal(n, s), normal(n, s), normal(i, 4 * s), normal(s, 4 * s), normal(4 * s), normal(4 * s)]
    family.case(
        "lstmCell", "lstmCell", {}, lstm, lambda x, h, c, wx, wh, bx, bh: tuple(torch.lstm_cell(x, (h, c), wx.t(), wh.t(), bx, bh))
    )


def add_sequence(family):
    """The states of a GRU over a batch of sequences, from a state of zeros."""
    n, t, i, s = 2, 4, 3, 2
    family.case(
        "gru over a sequence", "gru", {}, [normal(n, t, i), normal(i, 3 * s), normal(s, 3 * s), normal(3 * s), normal(3 * s)],
        lambda x, wx, wh, bx, bh: torch._VF.gru(
            x, torch.zeros(1, n, s, dtype=torch.float64), [wx.t(), wh.t(), bx, bh], True, 1, 0.0, True, False, True
        )[0],
    )


def add_attention(family):
    """Multi-head self-attention by PyTorch's own function, which puts time first."""
    n, t, w = 2, 4, 6
    for heads, causal in ((2, False), (3, True)):
        mask = torch.ones(t, t, dtype=torch.bool).triu(1) if causal else None
        inputs = [normal(n, t, w), normal(w, 3 * w, scale=0.5), normal(3 * w), normal(w, w), normal(w)]
        family.case(
            f"attention, {heads} heads, causal {causal}", "attention", {"heads": heads, "causal": causal}, inputs,
            lambda x, wqkv, bqkv, wo, bo: F.multi_head_attention_forward(
                *[x.transpose(0, 1)] * 3, w, heads, wqkv.t(), bqkv, None, None, False, 0.0, wo.t(), bo,
                need_weights=False, attn_mask=mask,
            )[0].transpose(0, 1),
        )


def gcn(adjacency, x, w, b):
    """Kipf & Welling's layer on a weighted graph with self-loops."""
    loops = adjacency + torch.eye(len(adjacency), dtype=torch.float64)
    scale = loops.sum(1).rsqrt()
    return (scale[:, None] * loops * scale) @ x @ w + b
