#!/usr/bin/env python3
"""Makes pillow.json: files written by Pillow, or written here and read by Pillow, with the pixels that Pillow sees in them.

    /usr/bin/python3 test/models/segmentation/data/golden/pillow.py      (written with Pillow 9.4 and numpy 1.24)

A case is { "name", "file", "height", "width", "pixels"?, "labels"?, "refused"? }: the file, the pixels in red, green and blue, and the numbers of
a mask in base64; the tag of the problem where the file is to be refused. Pillow writes no interlaced PNG, so those are made by `png`
below, without filters; Pillow must agree on what is in them before they are recorded. Those of less than 8 bits are refused here.
"""

import base64
import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

random = np.random.default_rng(6)
cases = []


def text(data):
    return base64.b64encode(bytes(data)).decode()


def add(name, data, pixels=None, labels=None, refused=None):
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
    case = {"name": name, "file": text(data), "height": height, "width": width}
    if pixels is not None:
        case["pixels"] = text(np.asarray(pixels, np.uint8).tobytes())
    if labels is not None:
        case["labels"] = text(np.asarray(labels, np.uint8).tobytes())
    if refused is not None:
        case["refused"] = refused
    cases.append(case)


def saved(image, kind="png", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def rgb(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, depth, color, palette=b""):
    """An interlaced PNG of samples [height, width, channels]."""
    height, width, _ = samples.shape
    rows = b""
    for left, top, right, down in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        part = samples[top::down, left::right]
        for row in part if part.shape[1] > 0 else []:
            bits = "".join(format(int(value), f"0{depth}b") for value in row.reshape(-1))
            bits += "0" * (-len(bits) % 8)
            rows += b"\0" + bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 1)
    plte = chunk(b"PLTE", palette) if palette else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + plte + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


height, width = 11, 13
grey = random.integers(0, 256, (height, width), np.uint8)
color = random.integers(0, 256, (height, width, 3), np.uint8)
colors = random.integers(0, 256, (16, 3), np.uint8)
indices = random.integers(0, 16, (height, width), np.uint8)
bits = random.integers(0, 2, (height, width), np.uint8)
wide = random.integers(0, 65536, (height, width), np.uint16)

data = saved(Image.fromarray(grey))
add("grey of 8 bits", data, rgb(data), grey)
data = saved(Image.fromarray(color))
add("colour of 8 bits", data, rgb(data))
data = saved(Image.fromarray(bits * 255).convert("1"))
add("grey of 1 bit", data, rgb(data), bits)
image = Image.fromarray(indices, "P")
image.putpalette(colors.tobytes())
data = saved(image)
add("a palette", data, colors[indices], indices)
data = saved(image, transparency=3)
add("a palette with a transparent colour", data, None, indices)
opaque = np.dstack([color, np.full((height, width), 255, np.uint8)])
data = saved(Image.fromarray(opaque))
add("colour with alpha, opaque", data, color)
opaque[4, 5, 3] = 254
add("colour with alpha, one pixel not opaque", saved(Image.fromarray(opaque)), refused="WrongMode")
data = saved(Image.fromarray(np.dstack([grey, np.full((height, width), 255, np.uint8)]), "LA"))
add("grey with alpha, opaque", data, np.dstack([grey] * 3))
data = saved(Image.fromarray(wide))
add("grey of 16 bits", data, np.dstack([np.floor(wide / 257 + 0.5)] * 3))

for depth in (1, 2, 4, 8, 16):
    samples = random.integers(0, 2**depth, (height, width, 1))
    data = png(samples, depth, 0)
    most = 2**depth - 1
    pixels = np.repeat(np.floor(255 * samples / most + 0.5), 3, axis=2)
    if depth <= 8:
        assert np.array_equal(rgb(data), pixels), depth
    seen = {"refused": "UnknownFormat"} if depth < 8 else {"pixels": pixels, "labels": samples if depth == 8 else None}
    add(f"grey of {depth} bits, interlaced", data, **seen)
for depth in (1, 2, 4, 8):
    count = min(16, 2**depth)
    samples = random.integers(0, count, (height, width, 1))
    data = png(samples, depth, 3, colors[:count].tobytes())
    assert np.array_equal(rgb(data), colors[samples[:, :, 0]]), depth
    seen = {"refused": "UnknownFormat"} if depth < 8 else {"pixels": colors[samples[:, :, 0]], "labels": samples}
    add(f"a palette of {depth} bits, interlaced", data, **seen)
data = png(color, 8, 2)
assert np.array_equal(rgb(data), color)
add("colour of 8 bits, interlaced", data, color)
wide3 = random.integers(0, 65536, (height, width, 3))
add("colour of 16 bits, interlaced", png(wide3, 16, 2), np.floor(wide3 / 257 + 0.5))

# JPEG: smooth, so that the two ways to make up for colours that were left out stay close.
y, x = np.mgrid[0:29, 0:37]
smooth = np.dstack([4 * x + 2 * y, 200 - 3 * x + y, 100 + 2 * x - 2 * y]).clip(0, 255).astype(np.uint8)
picture = Image.fromarray(smooth)
for name, image, options in (
    ("grey", picture.convert("L"), {}),
    ("grey, progressive", picture.convert("L"), {"progressive": True}),
    ("colours whole", picture, {"subsampling": 0}),
    ("colours halved across", picture, {"subsampling": 1}),
    ("colours halved both ways", picture, {"subsampling": 2}),
    ("colours halved both ways, progressive", picture, {"subsampling": 2, "progressive": True}),
    ("colours whole, progressive, optimized", picture, {"subsampling": 0, "progressive": True, "optimize": True}),
):
    data = saved(image, "jpeg", quality=92, **options)
    add(f"JPEG, {name}", data, rgb(data))
add("JPEG, CMYK", saved(picture.convert("CMYK"), "jpeg"), refused="WrongMode")
add("GIF", saved(image.convert("P"), "gif"), refused="UnknownFormat")
add("BMP", saved(image, "bmp"), refused="UnknownFormat")

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
