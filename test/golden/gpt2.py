#!/usr/bin/env python3
"""Makes small random models in the published layout of GPT-2, and their logits, in the folder gpt2:

    /usr/bin/python3 test/golden/gpt2.py

The model is written from Hugging Face's names: modules called as there, so that `state_dict` has the names and shapes of a published file.
model.safetensors is as the file of `gpt2` itself: f32, without a prefix, with the buffers of masks, and with the head that is tied. half.safetensors is as
`GPT2LMHeadModel.save_pretrained` writes one in bfloat16: with the prefix `transformer.`, without buffers. values.json has config.json, tokens and logits."""

import json
import pathlib
import sys

sys.dont_write_bytecode = True  # no __pycache__ in the repository

import safetensors_file
import torch
import torch.nn.functional as F
from torch import nn

CONFIG = dict(model_type="gpt2", vocab_size=13, n_positions=10, n_ctx=10, n_embd=8, n_layer=2, n_head=2, n_inner=None)
CONFIG |= dict(activation_function="gelu_new", layer_norm_epsilon=1e-5, resid_pdrop=0.1, embd_pdrop=0.1, attn_pdrop=0.1)


class Conv1D(nn.Module):
    """x W + b, with W [inputs, outputs]."""

    def __init__(self, outputs, inputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) * inputs**-0.5)
        self.bias = nn.Parameter(torch.randn(outputs) * 0.2)

    def forward(self, x):
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.heads = heads
        self.register_buffer("bias", torch.tril(torch.ones(context, context)).view(1, 1, context, context))
        self.register_buffer("masked_bias", torch.tensor(-1e4))
        self.c_attn, self.c_proj = Conv1D(3 * width, width), Conv1D(width, width)

    def forward(self, x):
        batch, time, width = x.shape
        q, k, v = (part.view(batch, time, self.heads, -1).transpose(1, 2) for part in self.c_attn(x).split(width, 2))
        weights = q @ k.transpose(-1, -2) / (width // self.heads) ** 0.5
        weights = torch.where(self.bias[:, :, :time, :time] > 0, weights, self.masked_bias.to(weights.dtype)).softmax(-1)
        return self.c_proj((weights @ v).transpose(1, 2).reshape(batch, time, width))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc, self.c_proj = Conv1D(4 * width, width), Conv1D(width, 4 * width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(width), Attention(width, context, heads)
        self.ln_2, self.mlp = nn.LayerNorm(width), Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt2(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, context = config["n_embd"], config["n_positions"]
        self.wte, self.wpe = nn.Embedding(config["vocab_size"], width), nn.Embedding(context, width)
        self.h = nn.ModuleList(Block(width, context, config["n_head"]) for _ in range(config["n_layer"]))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.t()


torch.manual_seed(7)
folder = pathlib.Path(__file__).parent / "gpt2"
folder.mkdir(exist_ok=True)
model = Gpt2(CONFIG)
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if ".ln_" in name or name.startswith("ln_"):
            parameter.add_(torch.randn_like(parameter) * 0.2)
tokens = torch.randint(0, CONFIG["vocab_size"], (2, 9))


def logits_of(state):
    """In f64, from values as they are in the file."""
    judge = Gpt2(CONFIG).double()
    judge.load_state_dict({name: x.double() for name, x in state.items()})
    return [[[float(f"{v:.9g}") for v in row] for row in text] for text in judge(tokens).tolist()]


whole = model.state_dict()
size = safetensors_file.write(folder / "model.safetensors", whole | {"lm_head.weight": whole["wte.weight"]}, {"format": "pt"})
is_buffer = lambda name: name.endswith((".attn.bias", ".attn.masked_bias"))
half = {name: x if is_buffer(name) else x.bfloat16() for name, x in whole.items()}
half_size = safetensors_file.write(folder / "half.safetensors", {f"transformer.{name}": x for name, x in half.items() if not is_buffer(name)}, {"format": "pt"})
values = {"config": CONFIG, "tokens": tokens.tolist(), "logits": logits_of(whole), "halfLogits": logits_of(half)}
(folder / "values.json").write_text(json.dumps(values, separators=(",", ":")) + "\n")
print(f"gpt2: model.safetensors {size} bytes, half.safetensors {half_size} bytes")
