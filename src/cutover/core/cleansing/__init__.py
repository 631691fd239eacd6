"""The vocabulary of remedies for dirty text, and the log of every cell they change.

A remedy is a pure function from a text column to a text column. Each works as an Arrow kernel, or once per distinct
value; none looks at a single row. The catalogue numbers (T06, N01 ...) are those of the defects that it mends, see
`cutover.core.defects`.
"""

from cutover.core.cleansing.presets import PRESETS, expand_presets
from cutover.core.cleansing.remedy import Parameters, Remedy, Texts, per_distinct
from cutover.core.cleansing.steps import CHANGES, DECISIONS, PROPOSALS, Cleansed, CleanseStep, Steward, cleanse, replay
from cutover.core.cleansing.typed import read_typed
from cutover.core.cleansing.vocabulary import NEVER, REMEDIES, Never

__all__ = [
    "CHANGES",
    "Cleansed",
    "CleanseStep",
    "DECISIONS",
    "PRESETS",
    "NEVER",
    "Never",
    "PROPOSALS",
    "Parameters",
    "REMEDIES",
    "Remedy",
    "Steward",
    "Texts",
    "cleanse",
    "expand_presets",
    "per_distinct",
    "read_typed",
    "replay",
]
