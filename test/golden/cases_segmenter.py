"""Encoder-decoders of src/models/segmentation, written again with PyTorch's functions: max_pool2d with its indices, max_unpool2d,
conv_transpose2d, batch_norm. Parameters come as one list: the blocks of the encoder from the finest, the bottom, those of the decoder from the
finest, each with (weight, gain, bias) of every convolution and then of the projection; the samplings up; the classifier's weight and bias; where
the case says so, the running mean and variance of every normalisation, in the same order. The result is the logits, and then those after them."""

import torch
import torch.nn.functional as F
from record import normal

NETWORKS = {
    "segnet": dict(factors=[[1, 1], [2, 2], [4, 4, 4], [8, 8, 8], [8, 8, 8]], bottom=[], taps=3),
    "segnet-basic": dict(factors=[[1], [1], [1], [1]], bottom=[], taps=7),
    "segnet-small": dict(factors=[[1, 1], [2, 2], [4, 4]], bottom=[], taps=3),
    "unet": dict(factors=[[1, 1], [2, 2], [4, 4], [8, 8]], bottom=[16, 16], taps=3),
}
PLAIN = {"blocks": False, "skips": "none", "images": False}
VARIANTS = (
    ("segnet", PLAIN),
    ("segnet", {"blocks": True, "skips": "concat", "images": True}),
    ("segnet-basic", PLAIN),
    ("segnet-basic", {"blocks": True, "skips": "add", "images": False}),
    ("segnet-small", {"blocks": False, "skips": ["concat", "none", "add"], "images": True}),
    ("unet", {"blocks": False, "skips": "concat", "images": False}),
)


def add_cases(family):
    """Each network in training and, once, in inference; pictures of a size that no stride divides."""
    for name, connections in VARIANTS:
        for training in (True, False) if name == "segnet-small" else (True,):
            running = name == "segnet-small"
            options = {"network": name, "classes": 3, "width": 1 if name in ("segnet", "unet") else 2, "connections": connections, "training": training, "running": running}
            net = Network(name, options["width"], 3, connections)
            drawn = [parameter(kind, shape) for kind, shape in net.shapes]
            count = len(drawn)
            if running:
                drawn += [draw for _, gain, _ in net.layers for draw in (normal(*net.shapes[gain][1]), 0.5 + normal(*net.shapes[gain][1]).abs())]
            size = (2, 18, 34) if name == "segnet" else (2, 10, 18)
            about = "all connections" if connections["blocks"] else "plain" if connections == PLAIN else "some connections"
            family.case(
                f"{name}, {about}, in {'training' if training else 'inference'}", "Segmenter", options, [normal(*size, 3), *drawn],
                lambda x, *given, net=net, training=training, count=count: net.run(x, list(given[:count]), training, list(given[count:])),
                constant=range(count + 1, len(drawn) + 1),
            )


def parameter(kind, shape):
    """Filters of the size that He's rule gives, gains about 1."""
    if kind == "gain":
        return 1 + normal(*shape, scale=0.2)
    fan = torch.Size(shape[:-1]).numel()
    return normal(*shape, scale=0.3 if kind == "bias" else (2 / fan) ** 0.5)


class Network:
    """The sizes of a network, and what it makes of pictures."""

    def __init__(self, name, width, classes, connections):
        known = NETWORKS[name]
        self.name, self.connections, self.shapes, self.layers = name, connections, [], []
        widths = [[width * f for f in stage] for stage in known["factors"]]
        skips = connections["skips"]
        self.skips = [skips] * len(widths) if isinstance(skips, str) else skips
        taps, last = known["taps"], [stage[-1] for stage in widths]
        self.encoder = []
        for i, stage in enumerate(widths):
            inputs = 3 if i == 0 else last[i - 1] + (3 if connections["images"] else 0)
            self.encoder.append(self.block(inputs, stage, taps))
        self.bottom = self.block(last[-1], [width * f for f in known["bottom"]], taps)
        self.decoder = []
        for i, stage in enumerate(widths):
            above = last[i - 1] if i > 0 else stage[0]
            if name == "unet":
                outputs = stage[::-1]
            elif name == "segnet-basic":
                outputs = [above]
            else:
                outputs = stage[-2::-1] + ([] if name == "segnet" and i == 0 else [above])
            self.decoder.append(self.block(last[i] * (2 if self.skips[i] == "concat" else 1), outputs, taps))
        self.ups = []
        if name == "unet":
            below = [stage[-1] for stage in widths[1:]] + [width * known["bottom"][-1]]
            self.ups = [self.take("weight", (2, 2, own, low)) for own, low in zip(last, below)]
        self.head = (self.take("weight", (3 if name == "segnet" else 1,) * 2 + (widths[0][0], classes)), self.take("bias", (classes,)))

    def take(self, kind, shape):
        """The place of the next parameter."""
        self.shapes.append((kind, shape))
        return len(self.shapes) - 1

    def layer(self, inputs, outputs, taps):
        """A convolution and its normalisation."""
        self.layers.append((self.take("weight", (taps, taps, inputs, outputs)), self.take("gain", (outputs,)), self.take("bias", (outputs,))))
        return self.layers[-1]

    def block(self, inputs, outputs, taps):
        """Convolutions in a row, and a projection where the residual connection needs one."""
        before = [inputs, *outputs[:-1]]
        layers = [self.layer(a, b, taps) for a, b in zip(before, outputs)]
        differs = bool(outputs) and outputs[-1] != inputs
        return layers, self.layer(inputs, outputs[-1], 1) if self.connections["blocks"] and differs else None

    def run(self, x, p, training, running):
        """Logits in our layout of pictures in our layout, and the running statistics after them where there are some before."""
        kept = [t.detach().clone() for t in running]
        depth = len(self.encoder)
        height, width = x.shape[1:3]
        stride = 2**depth
        x = F.pad(x.permute(0, 3, 1, 2).contiguous(), (0, -width % stride, 0, -height % stride))

        def convolve(y, layer):
            weight, gain, bias = (p[i] for i in layer)
            y = F.conv2d(y, weight.permute(3, 2, 0, 1).contiguous(), padding=weight.shape[0] // 2)
            n = gain.shape[0]
            at = 2 * self.layers.index(layer)
            mean, variance = kept[at : at + 2] if kept else (torch.zeros(n).double(), torch.ones(n).double())
            return F.batch_norm(y, mean, variance, gain, bias, training)

        def block(y, plan, rectify=torch.relu):
            layers, projection = plan
            if not layers:
                return y
            start = y
            for i, layer in enumerate(layers):
                y = convolve(y, layer)
                y = rectify(y) if i < len(layers) - 1 else y
            if self.connections["blocks"]:
                y = y + (start if projection is None else convolve(start, projection))
            return rectify(y)

        maps, places, small = [], [], x
        for i, plan in enumerate(self.encoder):
            if i > 0 and self.connections["images"]:
                small = F.avg_pool2d(small, 2)
                x = torch.cat([x, small], 1)
            x = block(x, plan)
            maps.append(x)
            x, where = F.max_pool2d(x, 2, return_indices=True)
            places.append(where)
        x = block(x, self.bottom)
        for i in reversed(range(depth)):
            if self.name == "unet":
                x = F.conv_transpose2d(x, p[self.ups[i]].permute(3, 2, 0, 1).contiguous(), stride=2)
            else:
                x = F.max_unpool2d(x, places[i], 2)
            if self.skips[i] == "add":
                x = x + maps[i]
            elif self.skips[i] == "concat":
                x = torch.cat([x, maps[i]], 1)
            x = block(x, self.decoder[i], (lambda y: y) if self.name == "segnet-basic" else torch.relu)
        weight, bias = (p[i] for i in self.head)
        y = F.conv2d(x, weight.permute(3, 2, 0, 1).contiguous(), bias, padding=weight.shape[0] // 2)
        logits = y.permute(0, 2, 3, 1)[:, :height, :width]
        return (logits, *kept) if kept else logits
