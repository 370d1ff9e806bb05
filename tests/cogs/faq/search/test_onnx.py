from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cogs.faq.search.onnx import read_tensors


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return bytes([number << 3]) + varint(value)
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def varint(value: int) -> bytes:
    head, rest = value & 0x7F, value >> 7
    return bytes([head | 0x80]) + varint(rest) if rest else bytes([head])


def tensor(name: str, kind: int, values: np.ndarray) -> bytes:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    dims = b"".join(field(1, size) for size in values.shape)
    return dims + field(2, kind) + field(8, name.encode()) + field(9, values.tobytes())


def test_tensors_come_back_by_name_and_shape(tmp_path: Path) -> None:
    floats = np.arange(600, dtype="<f4").reshape(300, 2)
    small = np.array([[1, -2, 3]], "i1")
    graph = field(5, tensor("a.weight", 1, floats)) + field(1, b"a node")
    graph += field(5, tensor("b_q", 3, small)) + field(5, field(8, b"empty") + field(2, 1))
    path = tmp_path / "model.onnx"
    path.write_bytes(field(1, 8) + field(2, b"made by") + field(7, graph))
    found = read_tensors(path)
    assert set(found) == {"a.weight", "b_q"}
    assert (found["a.weight"] == floats).all()
    assert (found["b_q"] == small).all()


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x0f no such file")
    with pytest.raises(ValueError, match="ONNX"):
        read_tensors(path)
