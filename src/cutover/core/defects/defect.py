"""What a defect of the catalogue is, and the three ways to find one: by cell, by SQL over rows, by a function."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing.remedy import Parameters, Texts

Mode = Literal["A", "P", "X", "A/P", "A/X", "-"]
Columns = Mapping[str, str]
Flags = Callable[[Texts, Parameters], pa.BooleanArray]
_PLACE = re.compile(r"\{([a-z_]+)\}")
CELL = "column"


class Detector(Protocol):
    """Finds a defect in the rows of an entity; `roles` names the columns that it must be told."""

    @property
    def roles(self) -> tuple[str, ...]: ...

    def find(self, rows: pa.Table, columns: Columns, parameters: Parameters) -> pa.Array:
        """Return the `_row` of every row that has the defect, ascending.

        rows: `_row` and text columns. columns: role -> column.

        Raises:
            KeyError: a role is not named.
        """


@dataclass(frozen=True)
class Cells:
    """Looks at the texts of one column: a kernel, or once per distinct text."""

    flags: Flags
    roles: tuple[str, ...] = (CELL,)

    def find(self, rows: pa.Table, columns: Columns, parameters: Parameters) -> pa.Array:
        texts = rows[columns[CELL]].combine_chunks()
        return rows["_row"].combine_chunks().filter(pc.fill_null(self.flags(texts, parameters), False))


@dataclass(frozen=True)
class Rows:
    """One SELECT of `_row` over `rows`, set-wise, as DuckDB reads it; {role} stands for a column, quoted."""

    sql: str

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_PLACE.findall(self.sql)))

    def render(self, columns: Columns) -> str:
        """Return the SELECT with the names of the columns, for whoever holds the rows as a view."""
        return _PLACE.sub(lambda place: '"' + columns[place[1]].replace('"', '""') + '"', self.sql)

    def find(self, rows: pa.Table, columns: Columns, parameters: Parameters) -> pa.Array:
        with duckdb.connect(":memory:", config={"threads": "1", "enable_external_access": "false"}) as connection:
            connection.register("rows", rows)
            found = connection.query(f"select distinct _row from ({self.render(columns)}) order by _row")
            return found.to_arrow_table()["_row"].combine_chunks()


@dataclass(frozen=True)
class Whole:
    """A function over whole columns, for what is no SQL: circles, collisions of match keys, likeness."""

    function: Callable[[Sequence[Texts], Parameters], pa.BooleanArray]
    roles: tuple[str, ...] = (CELL,)

    def find(self, rows: pa.Table, columns: Columns, parameters: Parameters) -> pa.Array:
        given = [rows[columns[role]].combine_chunks() for role in self.roles]
        return rows["_row"].combine_chunks().filter(pc.fill_null(self.function(given, parameters), False))


@dataclass(frozen=True)
class Defect:
    """One line of the catalogue.

    mode: A mended automatically, P proposed to a steward, X never by a machine. cure: what is done about it.
    remedies: names in the vocabulary of remedies. dimension: the characteristic of ISO/IEC 25012 that suffers.
    """

    id: str
    name: str
    example: str
    detector: Detector
    mode: Mode
    cure: str
    dimension: str
    remedies: tuple[str, ...] = ()
    reference: str = ""


def matching(pattern: str) -> Cells:
    """Return the detector of texts in which a regular expression (RE2) finds something."""
    return Cells(lambda texts, _: pc.match_substring_regex(texts, pattern))


def judged(function: Callable[[str, Parameters], bool]) -> Cells:
    """Return the detector that judges each distinct text once."""

    def flags(texts: Texts, parameters: Parameters) -> pa.BooleanArray:
        encoded = texts.dictionary_encode()
        told = pa.array([function(text, parameters) for text in encoded.dictionary.to_pylist()], pa.bool_())
        return told.take(encoded.indices)

    return Cells(flags)


def unlisted() -> Cells:
    """Return the detector of texts that are not among the declared `values`."""

    def flags(texts: Texts, parameters: Parameters) -> pa.BooleanArray:
        listed = pc.is_in(texts, value_set=pa.array(list(parameters.values), pa.string()))
        return pc.and_(pc.is_valid(texts), pc.invert(listed))

    return Cells(flags)


def colliding(fold: Callable[[str], str]) -> Whole:
    """Return the detector of different texts with one match key."""

    def flags(columns: Sequence[Texts], _: Parameters) -> pa.BooleanArray:
        (texts,) = columns
        encoded = texts.dictionary_encode()
        keys = pa.array([fold(text) for text in encoded.dictionary.to_pylist()], pa.string())
        counts = pc.value_counts(keys)
        doubled = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        return pc.is_in(keys, value_set=doubled).take(encoded.indices)

    return Whole(flags)


def number(role: str) -> str:
    """Return the SQL that reads a text column as an exact number; null where it is none."""
    return f"try_cast({{{role}}} as decimal(38, 9))"


def day(role: str) -> str:
    """Return the SQL that reads a text column as a date, compact or ISO; null where it is none."""
    return f"coalesce(try_cast({{{role}}} as date), try_strptime({{{role}}}, '%Y%m%d')::date)"
