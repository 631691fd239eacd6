"""Chance without state: a number drawn depends on the seed, the name of the draw and the row only."""

import hashlib

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def roll(seed: int, draw: str, rows: Ints, sides: int) -> Ints:
    """For each row an even number in 0 … sides - 1; another `draw` gives an independent number."""
    mixed = _mix(rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + _key(seed, draw))
    return (mixed % np.uint64(sides)).astype(np.int64)


def scatter(seed: int, draw: str, rows: Ints, size: int) -> Ints:
    """Permute 0 … size - 1 so that neighbours land far apart; different rows below `size` never meet."""
    stride = _stride(size)
    offset = int(_key(seed, draw)) % size
    return (rows * stride + offset) % size


def shuffled(seed: int, draw: str, size: int) -> Ints:
    """The numbers 0 … size - 1 in an order fixed by seed and draw."""
    return np.argsort(_mix(np.arange(size, dtype=np.uint64) + _key(seed, draw)), kind="stable").astype(np.int64)


def _key(seed: int, draw: str) -> np.uint64:
    digest = hashlib.blake2b(f"{seed}/{draw}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "big"))


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    # The finaliser of splitmix64: every input bit reaches every output bit.
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _stride(size: int) -> int:
    # A stride without a common divisor visits every number once; the golden section keeps neighbours apart.
    stride = max(1, int(size * 0.6180339887))
    while np.gcd(stride, size) != 1:
        stride += 1
    return stride
