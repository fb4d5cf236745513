"""Layers of src/nn against PyTorch's modules of the same name, run with given parameters."""

import torch
import torch.nn.functional as F
from record import normal
from torch.nn.utils.stateless import functional_call


def add_cases(family):
    """Adds the family's cases."""
    add_convolutions(family)
    add_normalisation(family)
    add_recurrent(family)
    add_stacked(family)
    add_attention(family)
    add_transformer(family)


def add_convolutions(family):
    """Images and series with a bias, over the options."""
    for name, options, groups in (
        ("plain", {}, 1),
        ("stride, pad and dilation", {"stride": [2, 1], "pad": [1, 2], "dilation": [1, 2]}, 1),
        ("in groups", {"pad": 1, "groups": 2}, 2),
    ):
        known = {"stride": options.get("stride", 1), "padding": options.get("pad", 0), "dilation": options.get("dilation", 1), "groups": groups}
        family.case(
            f"Conv of images, {name}", "Conv", options, [normal(2, 5, 6, 4), normal(3, 2, 4 // groups, 6), normal(6)],
            lambda x, w, b: F.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), b, **known).permute(0, 2, 3, 1),
        )
    family.case(
        "Conv of series", "Conv", {"stride": 2, "pad": 1}, [normal(2, 7, 3), normal(3, 3, 4), normal(4)],
        lambda x, w, b: F.conv1d(x.transpose(1, 2), w.permute(2, 1, 0), b, stride=2, padding=1).transpose(1, 2),
    )


def add_normalisation(family):
    """Batch normalisation with its running values, in training and inference; instance and root-mean-square normalisation."""
    for shape, momentum in (((3, 2, 4, 3), 0.1), ((6, 3), 0.3)):
        state = [normal(3), normal(3).abs() + 0.1]
        family.case(
            f"BatchNorm in training, {len(shape)} axes", "BatchNorm.train", {"momentum": momentum, "epsilon": 1e-5},
            [normal(*shape), normal(3), normal(3), *state], lambda *given: trained(momentum, *given), constant=(3, 4),
        )
    family.case(
        "BatchNorm in inference", "BatchNorm.infer", {"epsilon": 1e-3}, [normal(2, 2, 3, 3), normal(3), normal(3), normal(3), normal(3).abs() + 0.1],
        lambda x, s, o, m, v: F.batch_norm(first(x), m, v, s, o, eps=1e-3).movedim(1, -1), constant=(3, 4),
    )
    family.case(
        "GroupNorm of as many groups as channels", "GroupNorm", {"groups": 3, "epsilon": 1e-5}, [normal(2, 3, 2, 3), normal(3), normal(3)],
        lambda x, s, o: F.instance_norm(first(x), weight=s, bias=o, eps=1e-5).movedim(1, -1),
    )
    family.case(
        "RmsNorm", "RmsNorm", {"epsilon": 1e-6}, [normal(2, 3, 4), normal(4)],
        lambda x, s: x * (x.square().mean(-1, keepdim=True) + 1e-6).rsqrt() * s,
    )


def first(x):
    """Channels from the last axis to the second."""
    return x.movedim(-1, 1)


def trained(momentum, x, scale, offset, mean, variance):
    """A normalised batch and the running values after it."""
    mean, variance = mean.clone(), variance.clone()
    y = F.batch_norm(first(x), mean, variance, scale, offset, training=True, momentum=momentum, eps=1e-5)
    return y.movedim(1, -1), mean, variance


GATES = {"Rnn": 1, "Gru": 3, "Lstm": 4}
# What torch.nn.RNN, GRU and LSTM call; functional_call does not reach the weights of these modules.
FUNCTIONS = {"Rnn": torch._VF.rnn_tanh, "relu": torch._VF.rnn_relu, "Gru": torch._VF.gru, "Lstm": torch._VF.lstm}


def gate_weights(gates, inputs, hidden):
    """Input weight, hidden weight and both biases, in our layout."""
    return [normal(inputs, gates * hidden), normal(hidden, gates * hidden), normal(gates * hidden), normal(gates * hidden)]


def run_recurrent(kind, x, states, weights, layers=1, bidirectional=False):
    """Outputs and last states of PyTorch's recurrent layers, batch first, with our weights, four for each layer and direction."""
    given = [w.t() if w.dim() == 2 else w for w in weights]
    state = states if kind == "Lstm" else states[0]
    return FUNCTIONS[kind](x, state, given, True, layers, 0.0, True, bidirectional, True)


def add_recurrent(family):
    """One layer from a given state: outputs, and the last state; backwards by mirroring the sequence and its outputs."""
    n, t, i, s = 2, 4, 3, 2
    for name, kind, options in (
        ("Rnn", "Rnn", {}),
        ("Rnn with relu", "Rnn", {"activation": "relu"}),
        ("Gru", "Gru", {}),
        ("Lstm", "Lstm", {}),
        ("Gru backwards", "Gru", {"reverse": True}),
    ):
        states = [normal(n, s) for _ in range(2 if kind == "Lstm" else 1)]
        flips = [1] if "reverse" in options else []

        def run(x, *rest):
            initial = [h[None] for h in rest[: len(states)]]
            y, *last = run_recurrent(options.get("activation", kind), x.flip(flips), initial, rest[len(states) :])
            return y.flip(flips), *(h[0] for h in last)

        family.case(f"{name} from a state", kind, options, [normal(n, t, i), *states, *gate_weights(GATES[kind], i, s)], run)


def add_stacked(family):
    """Two layers, and two directions, from zeros."""
    n, t, i, s = 2, 3, 3, 2
    zeros = [torch.zeros(2, n, s, dtype=torch.float64)] * 2
    for kind, gates in GATES.items():
        for name, op, second, options in (
            ("in two layers", "stacked", s, {"layers": 2}),
            ("in both directions", "bidirectional", i, {"bidirectional": True}),
        ):
            weights = [*gate_weights(gates, i, s), *gate_weights(gates, second, s)]
            family.case(
                f"{kind} {name}", op, {"kind": kind}, [normal(n, t, i), *weights],
                lambda x, *w: run_recurrent(kind, x, zeros, w, **options)[0],
            )


def attention_weights(width):
    """Input projections side by side, their biases, output projection and its bias, in our layout."""
    return [normal(width, 3 * width, scale=0.5), normal(3 * width), normal(width, width), normal(width)]


def run_attention(heads, wi, bi, wo, bo, x, context, mask=None):
    """PyTorch's nn.MultiheadAttention with our weights; its mask is true where a key is hidden."""
    module = torch.nn.MultiheadAttention(len(wo), heads, batch_first=True).double()
    given = {"in_proj_weight": wi.t(), "in_proj_bias": bi, "out_proj.weight": wo.t(), "out_proj.bias": bo}
    return functional_call(module, given, (x, context, context), {"attn_mask": mask})[0]


def add_attention(family):
    """Attention to a context, seeing all of it, or masked by bools or floats. Self-attention is in cases_nn.py."""
    n, t, w = 2, 4, 6
    seen = torch.rand(t, t + 1) < 0.6
    seen[:, 0] = True  # every query sees something: PyTorch gives NaN otherwise
    for name, heads, masks, hides in (
        ("", 2, [], lambda: None),
        (", masked", 3, [seen], lambda m: ~m),
        (", biased", 3, [normal(t, t + 1)], lambda m: m),
    ):
        # Scores of a query all change alike with the keys' bias, so that its gradient is rounding noise around 0: no golden
        # value. The gradient in the biases is left out.
        family.case(
            f"Attention to a context{name}", "Attention.cross", {"heads": heads},
            [normal(n, t, w), normal(n, t + 1, w), *attention_weights(w), *masks],
            lambda x, c, wi, bi, wo, bo, *m: run_attention(heads, wi, bi, wo, bo, x, c, hides(*m)), constant=(3,),
        )


def add_transformer(family):
    """A block of a transformer, normalised first, with gelu."""
    n, t, w, inner = 2, 3, 4, 5
    module = torch.nn.TransformerEncoderLayer(w, 2, inner, dropout=0.0, activation="gelu", batch_first=True, norm_first=True).double()
    names = ("norm1.weight", "norm1.bias", "self_attn.in_proj_weight", "self_attn.in_proj_bias", "self_attn.out_proj.weight", "self_attn.out_proj.bias")
    names += ("norm2.weight", "norm2.bias", "linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias")
    shapes = ((w,), (w,), (w, 3 * w), (3 * w,), (w, w), (w,), (w,), (w,), (w, inner), (inner,), (inner, w), (w,))
    hidden = torch.ones(t, t, dtype=torch.bool).triu(1)

    # The gradient in the attention's biases is left out, as in add_attention.
    def run(x, *weights):
        given = {name: p.t() if p.dim() == 2 else p for name, p in zip(names, weights)}
        return functional_call(module, given, (x, hidden))

    family.case("a transformer's block", "transformerBlock", {"heads": 2}, [normal(n, t, w), *(normal(*shape) for shape in shapes)], run, constant=(4,))
