"""ONNX files without the onnx package: encode, decode and change the few needed nodes.

An ONNX file is one protocol buffer message: a list of numbered fields, each a whole
number or bytes, and bytes may be a message again. The numbers are those of the public
``onnx.proto`` (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from skelseg_core.errors import FormatError

IR_VERSION = 8
OPSET = 17
_FLOAT = 1

Field: TypeAlias = "tuple[int, int | bytes]"
"""Number of a field, and its value."""

Attribute: TypeAlias = "int | Sequence[int]"

Shape: TypeAlias = "Sequence[int | str]"
"""Lengths of the axes; those that are free have a name."""


def encode(fields: Sequence[Field]) -> bytes:
    """Encode a message of some fields, in their order."""
    out = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            out += _varint(number << 3) + _varint(value)
        else:
            out += _varint(number << 3 | 2) + _varint(len(value))
            out += value
    return bytes(out)


def decode(message: bytes) -> list[Field]:
    """Decode the fields of a message, in their order.

    Raises
    ------
    FormatError
        Where ``message`` is cut off, or no message of whole numbers and bytes.
    """
    fields: list[Field] = []
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        value, at = _read_varint(message, at)
        if key & 7 == 2:
            start, at = at, at + value
            if at > len(message):
                raise FormatError("An ONNX message is cut off; install skelseg again.")
            fields.append((key >> 3, message[start:at]))
        elif key & 7 == 0:
            fields.append((key >> 3, value))
        else:
            raise FormatError("An ONNX message has a field of an unknown kind.")
    return fields


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers are written as their complement
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise FormatError("An ONNX message is cut off; install skelseg again.")
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def node(
    kind: str, inputs: Sequence[str], output: str, **attributes: Attribute
) -> bytes:
    """Encode one operation, such as ``Conv``, with whole numbers as attributes."""
    fields: list[Field] = [(1, name.encode()) for name in inputs]
    fields += [(2, output.encode()), (4, kind.encode())]
    for name, value in attributes.items():
        if isinstance(value, int):
            content: list[Field] = [(3, value), (20, 2)]
        else:
            content = [*((8, v) for v in value), (20, 7)]
        fields.append((5, encode([(1, name.encode()), *content])))
    return encode(fields)


def tensor(name: str, values: np.ndarray) -> bytes:
    """Encode constant numbers with a name, as float32."""
    dims: list[Field] = [(1, n) for n in values.shape]
    raw = np.ascontiguousarray(values, "<f4").tobytes()
    return encode([*dims, (2, _FLOAT), (8, name.encode()), (9, raw)])


def model(
    nodes: Sequence[bytes],
    tensors: Sequence[bytes],
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, Shape],
) -> bytes:
    """Encode a file of nodes and constants, with inputs and outputs of float32."""
    graph: list[Field] = [(1, n) for n in nodes]
    graph += [(2, b"network"), *((5, t) for t in tensors)]
    graph += [(11, _value(name, shape)) for name, shape in inputs.items()]
    graph += [(12, _value(name, shape)) for name, shape in outputs.items()]
    opset = encode([(1, b""), (2, OPSET)])
    return encode([(1, IR_VERSION), (7, encode(graph)), (8, opset)])


def _value(name: str, shape: Shape) -> bytes:
    dims: list[Field] = [
        (1, encode([(1, n) if isinstance(n, int) else (2, n.encode())])) for n in shape
    ]
    kind = encode([(1, _FLOAT), (2, encode(dims))])
    return encode([(1, name.encode()), (2, encode([(1, kind)]))])


def with_grey_input(content: bytes) -> bytes:
    """Change a network of colour pictures to take grey ones of one channel.

    The weights of its first convolution are summed over the channels: what it gives is
    that of the grey picture in all three. The network's only input must go into that
    convolution and nowhere else, with weights in raw float32.

    Raises
    ------
    FormatError
        Where the file is damaged or its network is another one.
    """
    fields = decode(content)
    graph = decode(_only(fields, 7))
    image = _only(decode(_only(graph, 11)), 1)
    first = [n for k, n in graph if k == 1 and (1, image) in decode(_bytes(n))]
    if len(first) != 1:
        raise FormatError("The network does not begin with one convolution.")
    weights = [v for k, v in decode(_bytes(first[0])) if k == 1][1]
    changed: list[Field] = []
    for number, value in graph:
        if number == 11:
            value = _value(image.decode(), ("n", 1, "h", "w"))
        elif number == 5 and (8, weights) in decode(_bytes(value)):
            value = _summed(_bytes(value))
        changed.append((number, value))
    done = encode(changed)
    return encode([(k, done if k == 7 else v) for k, v in fields])


def _summed(weights: bytes) -> bytes:
    fields = decode(weights)
    shape = [int(v) for k, v in fields if k == 1]
    values = np.frombuffer(_only(fields, 9), "<f4").reshape(shape)
    grey = values.sum(axis=1, keepdims=True, dtype=np.float64)
    return tensor(_only(fields, 8).decode(), grey)


def _only(fields: Sequence[Field], number: int) -> bytes:
    found = [v for k, v in fields if k == number]
    if len(found) != 1:
        raise FormatError("An ONNX message has {} fields {}.", len(found), number)
    return _bytes(found[0])


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise FormatError("An ONNX message has a number instead of bytes.")
    return value
