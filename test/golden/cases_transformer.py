"""Transformers: logits and loss, and the gradients of every parameter. The inputs are tokens and the labels of the loss (source tokens, their mask,
target tokens and labels for an encoder-decoder), and then the parameters, whose names are among the options."""

import torch
from record import integers, normal
from torch_transformer import logits, loss, name_model, shapes, translate

SMALL = dict(context=8, width=16, layers=2, heads=4)
NARROW = SMALL | dict(hidden=16)
ONE = dict(layers=1)
DECODERS = {
    "nano": name_model("nano", 11, **SMALL),
    "nano-modern": name_model("nano-modern", 11, **SMALL | dict(hidden=24)),
    "gpt2": name_model("gpt2", 11, **SMALL),
    "grouped queries, of two groups": name_model("nano", 11, **NARROW, groups=2),
    "one group for all queries, turned": name_model("nano-modern", 11, **NARROW, groups=1),
    "a window": name_model("nano", 11, **NARROW, attention={"kind": "window", "window": 3}),
    "linear attention": name_model("nano", 11, **NARROW, attention={"kind": "linear"}),
    "linear attention, turned, of two groups": name_model("nano-modern", 11, **NARROW | ONE, attention={"kind": "linear"}, groups=2),
    "blocks": name_model("nano", 11, **NARROW, attention={"kind": "blockwise", "block": 3}),
    "untied": name_model("gpt2", 11, **NARROW, tied=False),
}


def add_cases(family):
    """Decoders of every kind, an encoder, and an encoder-decoder."""
    for name, config in DECODERS.items():
        add_stack(family, name, "decoder", config)
    add_stack(family, "an encoder", "encoder", name_model("gpt2", 11, **NARROW))
    add_stack(family, "an encoder with a window", "encoder", name_model("nano", 11, **NARROW | ONE, attention={"kind": "window", "window": 3}))
    small = dict(context=8, width=16, heads=4, hidden=16)
    both = {
        "encoder": name_model("nano", 7, **small, layers=1),
        "decoder": name_model("gpt2", 11, **small, layers=2, groups=2),
    }
    add_translation(family, "an encoder and a decoder that sees some of its tokens", both)


def add_stack(family, name, kind, config):
    """A decoder, or an encoder with the loss of a masked language model."""
    known = shapes(config)
    inputs = [integers(11, 2, 7), integers(11, 2, 7), *(parameter(path, shape) for path, shape in known.items())]

    def run(tokens, following, *given):
        found = logits(config, dict(zip(known, given)), tokens, kind == "decoder")
        return found, loss(found, following)

    family.case(name, "Transformer", {"kind": kind, "config": config, "names": list(known)}, inputs, run)


def add_translation(family, name, config):
    """An encoder and a decoder; two tokens of the first source and one of the second do not count."""
    known = {f"encoder.{path}": shape for path, shape in shapes(config["encoder"]).items()}
    known |= {f"decoder.{path}": shape for path, shape in shapes(config["decoder"], hears=True).items()}
    mask = torch.tensor([[True, True, True, False, False], [False, True, True, True, True]])
    inputs = [integers(7, 2, 5), mask, integers(11, 2, 7), integers(11, 2, 7), *(parameter(path, shape) for path, shape in known.items())]

    def run(source, mask, target, following, *given):
        found = translate(config, dict(zip(known, given)), source, target, mask)
        return found, loss(found, following)

    family.case(name, "Transformer", {"kind": "translation", "config": config, "names": list(known)}, inputs, run)


def parameter(path, shape):
    """Weights that keep the size of what passes, gains about 1, and biases that show."""
    if path.endswith("gain"):
        return 1 + normal(*shape, scale=0.2)
    if path.endswith("bias"):
        return normal(*shape, scale=0.3)
    return normal(*shape, scale=0.5 if path.endswith("table") else shape[0] ** -0.5)
