"""Tax identities: 统一社会信用代码 (GB 32100-2015) for Chinese parties, plain VAT numbers for others."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cutover.example.chance import Ints, scatter
from cutover.example.columns import Text, choose, glue, padded
from cutover.example.words import CITIES

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CHARACTERS = np.frombuffer(ALPHABET.encode(), np.uint8)
_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
# In the organisation code letters count A = 10 … Z = 35, without the gaps of the outer alphabet.
_ORGANISATION_VALUES = np.array([int(letter, 36) for letter in ALPHABET])
_SERIAL_SPACE = 31**6


def credit_codes(seed: int, holders: Ints, cities: Ints) -> Text:
    """Valid codes of companies: `holders` (distinct, below 31^6) fix the serial, `cities` index CITIES."""
    digits = np.empty((len(holders), 18), np.int64)
    digits[:, 0:2] = 9, 1
    digits[:, 2:8] = np.array([[int(digit) for digit in division] for _, _, division in CITIES])[cities]
    digits[:, 8:16] = _organisation_serials(scatter(seed, "credit code", holders, _SERIAL_SPACE))
    digits[:, 16] = _organisation_check(digits[:, 8:16])
    digits[:, 17] = (31 - digits[:, :17] @ _WEIGHTS % 31) % 31
    return _fixed_width_text(_CHARACTERS[digits])


def vat_numbers(countries: Text, holders: Ints) -> Text:
    """Country code and nine digits, without a check digit."""
    return glue(countries, padded(holders % 900_000_000 + 100_000_000, 9))


def _organisation_serials(serials: Ints) -> Ints:
    digits = np.empty((len(serials), 8), np.int64)
    digits[:, 0:2] = ALPHABET.index("M"), ALPHABET.index("A")
    for place in range(6):
        digits[:, 7 - place] = serials // 31**place % 31
    return digits


def _organisation_check(digits: Ints) -> Ints:
    check = 11 - _ORGANISATION_VALUES[digits] @ _ORGANISATION_WEIGHTS % 11
    letter_x = ALPHABET.index("X")
    return np.where(check == 10, letter_x, np.where(check == 11, 0, check))


def _fixed_width_text(letters: npt.NDArray[np.uint8]) -> Text:
    rows, width = letters.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    buffers = pa.py_buffer(offsets.tobytes()), pa.py_buffer(letters.tobytes())
    return pa.StringArray.from_buffers(rows, *buffers)


def city_names(cities: Ints) -> Text:
    """The Chinese names of cities by their index."""
    return choose([name for name, _, _ in CITIES], cities)
