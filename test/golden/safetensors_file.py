"""Safetensors files by hand: eight bytes of length, a JSON header, the tensors' bytes. The package safetensors is not needed."""

import json
import pathlib
import struct

import torch

DTYPES = {"F64": torch.float64, "F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16, "I32": torch.int32, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def read(path):
    """Tensors by name."""
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    found = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        found[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return found


def write(path, tensors, metadata=None):
    """Writes tensors by name; returns the size in bytes."""
    header, blobs, at = {} if metadata is None else {"__metadata__": metadata}, [], 0
    for name, x in tensors.items():
        blob = bytes(x.detach().contiguous().reshape(-1).view(torch.uint8).tolist())
        header[name] = {"dtype": NAMES[x.dtype], "shape": list(x.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return pathlib.Path(path).write_bytes(b"".join([struct.pack("<Q", len(text)), text, *blobs]))
