"""Vectors as they are kept: in half precision, under the hash of their text."""

import hashlib

import numpy as np
from numpy.typing import NDArray


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def packed(row: NDArray[np.float32]) -> bytes:
    return row.astype("<f2").tobytes()


def unpacked(row: bytes) -> NDArray[np.float32]:
    """The vector, of length 1 again."""
    found = np.frombuffer(row, "<f2").astype(np.float32)
    return found / max(float(np.linalg.norm(found)), 1e-9)
