"""How a sound value is damaged, and the ground truth of every damage.

The functions here touch only the few cells that are damaged, one by one; `inject` puts them into a chunk.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cutover.example.chance import Flags, Ints
from cutover.example.columns import Text, constant, glue
from cutover.example.layout import Injection, Layout
from cutover.example.tax_ids import ALPHABET

TRUTH_COLUMNS = ("system", "table", "key", "column", "defect", "expected", "note")
_BLANKS = ("\u00a0", "\u3000", "\u200b")
_IMPOSSIBLE = ("20230230", "20230431", "20221131", "20210229", "20231301")
_CNY_SPELLINGS = ("RMB", "￥", "人民币")
_UNKNOWN_UNITS = ("XYZ", "箩", "GRO")
_LONG_SCOPE = "及智能制造装备系统集成工程技术咨询与售后服务"


@dataclass(frozen=True)
class Draft:
    """A chunk of a table before the damage.

    columns: the landed columns in order, all text, all of one length.
    kinds: per row the kind by the table's layout.
    survivors: per row the key a merged row merges into, where the table has such rows.
    """

    columns: dict[str, Text]
    kinds: Ints
    survivors: Text | None = None


def inject(
    system: str, table: str, key: tuple[str, ...], draft: Draft, layout: Layout, rows: Ints
) -> tuple[dict[str, Text], list[pa.Table]]:
    """Damage the cells the layout asks for; return the landed columns and the ground truth of the chunk."""
    columns = dict(draft.columns)
    present = [(n, layout.injections[n - 1]) for n in np.unique(draft.kinds) if n]
    for number, injection in present:
        for name in injection.columns if injection.change else ():
            columns[name] = _damage(columns[name], draft.kinds == number, injection, rows)
    landed_key = glue(*[columns[part] for part in key], between="|")
    truth = [
        _truth(system, table, landed_key, draft, number, injection) for number, injection in present if injection.defect
    ]
    return columns, truth


def _damage(values: Text, where: Flags, injection: Injection, rows: Ints) -> Text:
    assert injection.change is not None
    mask = pa.array(where)
    sound = values.filter(mask).to_pylist()
    damaged = [injection.change(str(value), int(row)) for value, row in zip(sound, rows[where], strict=True)]
    return cast(Text, pc.replace_with_mask(values, mask, pa.array(damaged, pa.string())))


def _truth(system: str, table: str, key: Text, draft: Draft, number: int, injection: Injection) -> pa.Table:
    mask = draft.kinds == number
    keys, found = key.filter(pa.array(mask)), np.flatnonzero(mask)
    note = _note(draft, injection, mask, found)
    outcomes = ((injection.defect, injection.expected), *injection.also)
    parts = []
    for column in injection.columns:
        for defect, expected in outcomes:
            fixed = [constant(value, found) for value in (system, table)]
            rest = [constant(value, found) for value in (column, defect, expected)]
            parts.append(pa.table([*fixed, keys, *rest, note], names=list(TRUTH_COLUMNS)))
    return pa.concat_tables(parts)


def _note(draft: Draft, injection: Injection, mask: Flags, found: Ints) -> Text:
    if injection.expected == "merged" and draft.survivors is not None:
        return glue("into ", draft.survivors.filter(pa.array(mask)))
    return constant(injection.note or ("root" if injection.expected == "rejected" else ""), found)


def odd_blank(value: str, row: int) -> str:
    """T06: NBSP, U+3000 or a zero-width blank inside, or blanks at the end."""
    if row % 4 == 3:
        return value + "  "
    middle = max(1, len(value) // 2)
    return value[:middle] + _BLANKS[row % 4] + value[middle:]


def trailing_blank(value: str, row: int) -> str:
    """T06 in a code: blanks or NBSP at the end."""
    return value + ("  ", "\u00a0")[row % 2]


def full_width(value: str, row: int) -> str:
    """T07: printable ASCII as full-width characters."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in value)


def spell_cny(value: str, row: int) -> str:
    """C11: another spelling of CNY."""
    return _CNY_SPELLINGS[row % len(_CNY_SPELLINGS)]


def impossible_day(value: str, row: int) -> str:
    """D06: a day that no calendar has, with slashes when the sound value has them."""
    day = _IMPOSSIBLE[row % len(_IMPOSSIBLE)]
    return f"{day[:4]}/{day[4:6]}/{day[6:]}" if "/" in value else day


def unknown_unit(value: str, row: int) -> str:
    """C10: a unit that the unit table does not know."""
    return _UNKNOWN_UNITS[row % len(_UNKNOWN_UNITS)]


def wrong_check_digit(value: str, row: int) -> str:
    """C01: a 统一社会信用代码 whose last character is another one of the alphabet."""
    return value[:-1] + ALPHABET[(ALPHABET.index(value[-1]) + 1 + row % 29) % len(ALPHABET)]


def lost_padding(value: str, row: int) -> str:
    """K01: the zeros in front are gone."""
    return value.lstrip("0")


def unknown_number(value: str, row: int) -> str:
    """K07: a number of the same length (10 or more) that nobody holds."""
    return str(9_900_000_000 + row).rjust(len(value), "0")


def no_day(value: str, row: int) -> str:
    """D01: the ERP's way to write no date."""
    return "00000000"


def open_end(value: str, row: int) -> str:
    """D02: the ERP's way to write an open end."""
    return "99991231"


def emptied(value: str, row: int) -> str:
    """M02: nothing where the target needs something."""
    return ""


def trailing_minus(value: str, row: int) -> str:
    """N01: the sign stands last."""
    return value + "-"


def credit_side(value: str, row: int) -> str:
    """N03: the indicator that turns the sign of an unsigned amount."""
    return "H"


def flagged(value: str, row: int) -> str:
    """K10: the deletion flag is set."""
    return "X"


def marked_as_trial(value: str, row: int) -> str:
    """T14: a record made for trying things out, or one that was annulled."""
    return (f"测试{value}", f"TEST {value}", f"{value}（作废）")[row % 3]


def overlong_name(value: str, row: int) -> str:
    """L01: a name of 84 to 120 characters; the target holds 80."""
    return (value + "（" + _LONG_SCOPE * 6)[: 84 + row % 37]


def rare_characters(value: str, row: int) -> str:
    """T10: characters that GB18030 and 4-byte UTF-8 hold, and GBK does not."""
    return value[:2] + ("𠮷", "䶮")[row % 2] + value[2:]


def awkward_text(value: str, row: int) -> str:
    """T11: quotes, the separator and line breaks within one text."""
    return ('标注"急件"; 请优先', "第一行\n第二行", '引号""与;分号\n换行')[row % 3]
