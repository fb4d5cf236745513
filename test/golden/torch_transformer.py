"""The Transformers of src/models/language, written again with PyTorch's functions. A configuration is a dictionary with the fields of our `Config`;
parameters come by the names that our files give them, as `layers[0].attention.input.weight`, with weights [inputs, outputs]."""

import torch
import torch.nn.functional as F


def name_model(name, symbols, **changes):
    """Configurations that we know by name."""
    sizes = dict(symbols=symbols, context=64, width=128, layers=4, heads=4)
    choices = dict(positions="learned", norm="layer", attention={"kind": "full"}, tied=True, bias=False, activation="gelu")
    if name == "nano-modern":
        choices |= dict(norm="rms", activation="swiglu", hidden=344, positions="rotary")
    elif name == "gpt2":
        sizes |= dict(context=1024, width=768, layers=12, heads=12)
        choices |= dict(bias=True, activation="gelu-tanh")
    return sizes | choices | changes


def shapes(config, hears=False):
    """Shapes of the parameters by their names; those of a decoder that listens to an encoder where it `hears` one."""
    width, bias = config["width"], config["bias"]
    hidden, heads = config.get("hidden", 4 * width), config["heads"]
    groups, size = config.get("groups", heads), width // heads
    found = {"tokens.table": (config["symbols"], width)}

    def projection(name, inputs, outputs, has_bias=bias):
        found[f"{name}.weight"] = (inputs, outputs)
        if has_bias:
            found[f"{name}.bias"] = (outputs,)

    def norm(name):
        found[f"{name}.gain"] = (width,)
        if bias and config["norm"] == "layer":
            found[f"{name}.bias"] = (width,)

    if config["positions"] == "learned":
        found["places.table"] = (config["context"], width)
    for i in range(config["layers"]):
        layer = f"layers[{i}]"
        norm(f"{layer}.attentionNorm")
        projection(f"{layer}.attention.input", width, (heads + 2 * groups) * size)
        projection(f"{layer}.attention.output", heads * size, width)
        norm(f"{layer}.forwardNorm")
        projection(f"{layer}.forward.up", width, hidden)
        if config["activation"] == "swiglu":
            projection(f"{layer}.forward.gate", width, hidden)
        projection(f"{layer}.forward.down", hidden, width)
        if hears:
            norm(f"{layer}.cross.norm")
            projection(f"{layer}.cross.attention.query", width, heads * size)
            projection(f"{layer}.cross.attention.memory", width, 2 * groups * size)
            projection(f"{layer}.cross.attention.output", heads * size, width)
    norm("norm")
    if not config["tied"]:
        projection("scores", width, config["symbols"], False)
    return found


def below(params, path):
    """The parameters below a path, by what their names have behind it."""
    return {name[len(path) + 1 :]: p for name, p in params.items() if name.startswith(f"{path}.")}


def project(params, x):
    """x W + b, or x W."""
    return F.linear(x, params["weight"].t(), params.get("bias"))


def normalise(config, params, x):
    """Over the last axis; RMSNorm is Zhang & Sennrich's."""
    if config["norm"] == "layer":
        return F.layer_norm(x, x.shape[-1:], params["gain"], params.get("bias"), 1e-5)
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * params["gain"]


def to_heads(x, heads):
    """[batch, time, heads · size] → [batch, heads, time, size]"""
    return x.unflatten(-1, (heads, x.shape[-1] // heads)).transpose(1, 2)


def turn(x):
    """Neighbours (2i, 2i + 1) as one complex number, times e^(j t / 10000^(2i / size))."""
    time, size = x.shape[-2:]
    rates = 10000 ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    angles = torch.outer(torch.arange(time, dtype=torch.float64), rates).to(x.dtype)
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], size // 2, 2))
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


def attend(kind, q, k, v, causal, seen=None):
    """Attention of a kind, from all scores at once. `seen` broadcasts to [batch, heads, queries, keys]."""
    k, v = (x.repeat_interleave(q.shape[1] // x.shape[1], dim=1) for x in (k, v))  # head h sees group h · groups / heads
    apart = torch.arange(q.shape[-2])[:, None] - torch.arange(k.shape[-2])
    allowed = apart >= 0 if causal else torch.ones_like(apart, dtype=torch.bool)
    if kind["kind"] == "window":
        allowed = allowed & (apart.abs() < kind["window"])
    if seen is not None:
        allowed = allowed & seen
    if kind["kind"] == "linear":
        fits = ((F.elu(q) + 1) @ (F.elu(k) + 1).transpose(-1, -2)).masked_fill(~allowed, 0)
        return fits @ v / (fits.sum(-1, keepdim=True) + 1e-6)
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    return torch.softmax(scores.masked_fill(~allowed, -torch.inf), -1) @ v


def attention(config, params, x, causal):
    """Self-attention."""
    heads = config["heads"]
    groups, size = config.get("groups", heads), config["width"] // heads
    parts = project(below(params, "input"), x).split([heads * size, groups * size, groups * size], -1)
    q, k, v = (to_heads(part, n) for part, n in zip(parts, (heads, groups, groups)))
    if config["positions"] == "rotary":
        q, k = turn(q), turn(k)
    y = attend(config["attention"], q, k, v, causal)
    return project(below(params, "output"), y.transpose(1, 2).flatten(-2))


def listen(config, params, x, memory, mask):
    """Attention to what an encoder made; mask [batch, source] is true for what counts."""
    heads = config["heads"]
    groups = config.get("groups", heads)
    k, v = (to_heads(part, groups) for part in project(below(params, "memory"), memory).chunk(2, -1))
    q = to_heads(project(below(params, "query"), x), heads)
    y = attend({"kind": "full"}, q, k, v, False, mask[:, None, None, :])
    return project(below(params, "output"), y.transpose(1, 2).flatten(-2))


def forward(config, params, x):
    """The feed-forward part."""
    wide = project(below(params, "up"), x)
    if config["activation"] == "swiglu":
        return project(below(params, "down"), F.silu(project(below(params, "gate"), x)) * wide)
    bent = F.gelu(wide, approximate="tanh" if config["activation"] == "gelu-tanh" else "none")
    return project(below(params, "down"), bent)


def states(config, params, tokens, causal, memory=None, mask=None):
    """What a stack makes of tokens: [batch, time] → [batch, time, width]"""
    x = F.embedding(tokens, params["tokens.table"])
    if config["positions"] == "learned":
        x = x + params["places.table"][: tokens.shape[-1]]
    for i in range(config["layers"]):
        p = below(params, f"layers[{i}]")
        x = x + attention(config, below(p, "attention"), normalise(config, below(p, "attentionNorm"), x), causal)
        if memory is not None:
            cross = below(p, "cross")
            x = x + listen(config, below(cross, "attention"), normalise(config, below(cross, "norm"), x), memory, mask)
        x = x + forward(config, below(p, "forward"), normalise(config, below(p, "forwardNorm"), x))
    return normalise(config, below(params, "norm"), x)


def scores(config, params, x):
    """Scores of every symbol."""
    return x @ (params["tokens.table"].t() if config["tied"] else params["scores.weight"])


def logits(config, params, tokens, causal=True):
    """Scores of the token behind each, or, not causal, of an encoder's own."""
    return scores(config, params, states(config, params, tokens, causal))


def translate(config, params, source, target, mask):
    """Scores of the token behind each of a target, by it and a source."""
    memory = states(config["encoder"], below(params, "encoder"), source, False)
    decoder = below(params, "decoder")
    return scores(config["decoder"], decoder, states(config["decoder"], decoder, target, True, memory, mask))


def loss(found, following):
    """Mean cross-entropy."""
    return F.cross_entropy(found.flatten(0, -2), following.flatten())
