"""The catalogue of the 73 defects that legacy data has, one module per family, each with its detector.

A detector finds, a remedy (see `cutover.core.cleansing`) mends or proposes; what no machine may mend has no remedy, and
`cutover.core.cleansing.NEVER` says so to whoever asks.
"""

from cutover.core.defects import china, dates, keys, modules, numbers, texts
from cutover.core.defects.defect import CELL, Cells, Defect, Detector, Rows, Whole

FAMILIES: dict[str, tuple[Defect, ...]] = {
    "Text and encoding": texts.DEFECTS,
    "Numbers, money, quantities": numbers.DEFECTS,
    "Dates and times": dates.DEFECTS,
    "Keys, identity, structure": keys.DEFECTS,
    "China": china.DEFECTS,
    "Modules": modules.DEFECTS,
}
DEFECTS: dict[str, Defect] = {defect.id: defect for family in FAMILIES.values() for defect in family}

__all__ = ["CELL", "Cells", "DEFECTS", "Defect", "Detector", "FAMILIES", "Rows", "Whole"]
