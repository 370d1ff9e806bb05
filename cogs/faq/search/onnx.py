"""Reads the weights out of an ONNX file, without anything that runs one.

The file is mapped, not read: what lies in memory is what is in use, and the system may take it
back at any time. Only the tensors of the graph are of interest, so the format comes down to one
message in another (github.com/onnx/onnx, onnx/onnx.proto3: ModelProto.graph = 7,
GraphProto.initializer = 5, TensorProto.dims = 1, data_type = 2, name = 8, raw_data = 9).
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Tensors = dict[str, npt.NDArray[Any]]

_GRAPH, _INITIALIZER = 7, 5
_TYPES = {1: "<f4", 3: "i1", 7: "<i8"}


def read_tensors(path: Path) -> Tensors:
    """Every tensor of the graph that is stored raw, by name; raises ValueError, OSError."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    found: Tensors = {}
    for field, begin, end in _fields(data, 0, len(data)):
        if field == _GRAPH:
            for part, start, stop in _fields(data, begin, end):
                if part == _INITIALIZER:
                    name, tensor = _tensor(data, start, stop)
                    if tensor is not None:
                        found[name] = tensor
    return found


def _tensor(data: mmap.mmap, begin: int, end: int) -> tuple[str, npt.NDArray[Any] | None]:
    dims: list[int] = []
    name, kind, raw = "", 0, slice(0, 0)
    for field, start, stop in _fields(data, begin, end):
        match field:
            case 1:
                dims.append(stop)
            case 2:
                kind = stop
            case 8:
                name = data[start:stop].decode()
            case 9:
                raw = slice(start, stop)
            case _:
                pass
    if kind not in _TYPES or raw.stop == raw.start:
        return name, None
    count = (raw.stop - raw.start) // np.dtype(_TYPES[kind]).itemsize
    return name, np.frombuffer(data, _TYPES[kind], count, raw.start).reshape(dims)


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The fields of a message: its number and where its bytes are; of a number, its value twice."""
    while at < end:
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
                yield tag >> 3, value, value
            case 1:
                yield tag >> 3, at, at + 8
                at += 8
            case 2:
                length, at = _varint(data, at)
                yield tag >> 3, at, at + length
                at += length
            case 5:
                yield tag >> 3, at, at + 4
                at += 4
            case other:
                raise ValueError(f"no ONNX file: wire type {other}")


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
