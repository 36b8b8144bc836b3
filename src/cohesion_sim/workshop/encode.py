"""A film as bytes and back: a JSON header and aligned little-endian planes, packed with gzip.

The format is described in docs/workshop-technical.md. The same film gives the same bytes wherever the same version of
zlib packs them; what is packed is the same everywhere.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"COHS"
CODES = {"uint8": "u8", "uint16": "u16", "uint32": "u32", "int16": "i16", "float32": "f32"}
_DTYPES = {code: np.dtype(name).newbyteorder("<") for name, code in CODES.items()}
SMALLEST, QUICK = (9, zlib.Z_FILTERED), (6, zlib.Z_RLE)
"""Level and strategy of packing: for a file that is kept, and for a page that waits."""

Plane = NDArray[Any]


def encode(header: Mapping[str, Any], planes: Iterable[tuple[str, Plane]], pack: tuple[int, int] = SMALLEST) -> bytes:
    """Return the bytes of a film: magic, length of the header, header, planes at multiples of eight; gzip."""
    listed: list[dict[str, Any]] = []
    body: list[bytes] = []
    at = 0
    for name, plane in planes:
        code = CODES[plane.dtype.name]
        data = np.ascontiguousarray(plane, _DTYPES[code]).tobytes()
        listed.append({"name": name, "dtype": code, "shape": list(plane.shape), "offset": at})
        body.append(data + bytes(-len(data) % 8))
        at += len(body[-1])
    text = json.dumps(
        {**header, "planes": listed}, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()
    text += b" " * (-len(text) % 8)
    raw = b"".join((MAGIC, struct.pack("<I", len(text)), text, *body))
    return _packed(raw, *pack)


def _packed(raw: bytes, level: int, strategy: int) -> bytes:
    """Return bytes as gzip without name, time or system, so that nothing in them depends on when and where."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9, strategy)
    start = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return b"".join((start, packer.compress(raw), packer.flush(), struct.pack("<II", zlib.crc32(raw), len(raw))))


def decode(data: bytes) -> tuple[dict[str, Any], dict[str, Plane]]:
    """Return the header and the planes by name, as they were encoded."""
    raw = gzip.decompress(data)
    size = struct.unpack_from("<I", raw, 4)[0]
    header: dict[str, Any] = json.loads(raw[8 : 8 + size])
    planes = {}
    for plane in header.pop("planes"):
        dtype, count = _DTYPES[plane["dtype"]], int(np.prod(plane["shape"]))
        found = np.frombuffer(raw, dtype, count, 8 + size + plane["offset"])
        planes[plane["name"]] = found.reshape(plane["shape"]).astype(dtype.newbyteorder("="))
    return header, planes


def as_changes(without: Plane, with_: Plane) -> tuple[Plane, Plane]:
    """Return attitudes (weeks + 1, n) of both sides as changes by person, (n, weeks + 1), mod 256.

    A row begins with week 0; then follow the changes from week to week. With the programme: less the same person's
    change without it, which leaves nothing for most people. So a person's even weeks lie together and pack well.
    """
    one, two = (side.T.copy() for side in (without, with_))
    for side in (one, two):
        side[:, 1:] -= side[:, :-1].copy()
    return one, two - one


def from_changes(without: Plane, with_: Plane) -> tuple[Plane, Plane]:
    """Return attitudes (weeks + 1, n) of both sides from their changes."""
    one, two = (np.add.accumulate(side, axis=1, dtype=np.uint8) for side in (without, without + with_))
    return np.ascontiguousarray(one.T), np.ascontiguousarray(two.T)


def as_bits(without: NDArray[np.bool_], with_: NDArray[np.bool_]) -> tuple[Plane, Plane]:
    """Return flags (weeks, n) of both sides as bits by person, (n, weeks / 8), the first week in the highest bit.

    With the programme: where it differs from without.
    """
    one, two = (np.packbits(side.T, axis=1) for side in (without, with_))
    return one, two ^ one
