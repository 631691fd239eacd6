"""What a legacy table is: columns, key, special rows and the function that drafts a chunk of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cutover.example.chance import Ints, roll
from cutover.example.columns import Text, constant
from cutover.example.defects import Draft, inject
from cutover.example.layout import BLOCK, Injection, Layout, lay_out

CHUNK = 50_000
CLIENT = "800"


@dataclass(frozen=True)
class World:
    """The example at one scale and seed: all that a value may depend on besides its row number."""

    scale: float
    seed: int

    def roll(self, draw: str, rows: Ints, sides: int) -> Ints:
        """For each row an even number in 0 … sides - 1."""
        return roll(self.seed, draw, rows, sides)

    def layout(self, table: "LegacyTable") -> Layout:
        """The places of the special rows of a table."""
        return lay_out(self.seed, table.name, table.injections)


@dataclass(frozen=True)
class Column:
    """A legacy column: its name, its type in the database (text in files), its meaning and habits."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class LegacyTable:
    """A table of the legacy ERP, or a file of the CRM or MES.

    key: the columns whose landed texts, joined by '|', name a row in the ground truth.
    count: how many rows the table has in a world.
    draft: the sound chunk for ascending row numbers.
    """

    system: str
    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    injections: tuple[Injection, ...]
    count: Callable[[World], int]
    draft: Callable[[World, Ints], Draft]


@dataclass(frozen=True)
class Chunk:
    """Consecutive landed rows of a table with their ground truth."""

    rows: pa.Table
    truth: tuple[pa.Table, ...]


def read_chunks(world: World, table: LegacyTable, size: int = CHUNK) -> Iterator[Chunk]:
    """All rows of a table, at most `size` at a time."""
    total = table.count(world)
    for start in range(0, total, size):
        yield read_chunk(world, table, np.arange(start, min(start + size, total), dtype=np.int64))


def read_chunk(world: World, table: LegacyTable, rows: Ints) -> Chunk:
    """The landed rows with the given numbers."""
    draft = table.draft(world, rows)
    columns, truth = inject(table.system, table.name, table.key, draft, world.layout(table), rows)
    ordered = [columns[column.name] for column in table.columns]
    return Chunk(pa.table(ordered, names=[column.name for column in table.columns]), tuple(truth))


def of_scale(rows_at_one: int) -> Callable[[World], int]:
    """A row count that grows with the scale, in whole blocks: a small example holds every defect too."""
    return lambda world: BLOCK * max(1, round(rows_at_one * world.scale / BLOCK))


def client(rows: Ints) -> Text:
    """The client column: one client holds all data."""
    return constant(CLIENT, rows)


CLIENT_COLUMN = Column("mandt", "char(3)", "client, always 800; first part of every primary key")
