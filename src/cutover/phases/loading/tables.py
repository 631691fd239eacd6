"""The tables of the target as one entity fills them: its own, and those of its further rows."""

from dataclasses import dataclass

import pyarrow as pa

from cutover.project.model import FieldRule, Mapping, Reference, Split, Target
from cutover.systems import datasets
from cutover.systems.staging import Dataset


@dataclass(frozen=True)
class Table:
    """A target table as one entity fills it; `id` is None where rows are named by their business key.

    unique: all lists of columns that are unique in it, the business key first. dataset: the staged rows for it.
    rule: the `also` entry that fills it, None for the entity's own rows.
    """

    name: str
    id: str | None
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    fields: tuple[FieldRule, ...]
    dataset: Dataset
    rule: str | None = None

    @property
    def names_a_row(self) -> tuple[str, ...]:
        """The columns that name a row: the identity, else the business key."""
        return (self.id,) if self.id is not None else self.key

    @property
    def label(self) -> str:
        """The name of the table, told from the same table filled by another entry."""
        return self.name if self.rule is None else f"{self.name}.{self.rule}"

    def references(self, entity: str) -> list[Reference]:
        """Return the fields that may hold target keys of an entity."""
        return [field for field in self.fields if isinstance(field, Reference) and entity in field.entities]

    def shape(self, rows: pa.Table) -> pa.Table:
        """Drop the bookkeeping columns of staged rows but `_row`; the reserved key becomes the identity's value."""
        shaped = rows.drop_columns([name for name in rows.column_names if name.startswith("_") and name != "_row"])
        return shaped if self.id is None else shaped.append_column(self.id, rows["_id"])


def tables_of(snapshot: str, mapping: Mapping) -> list[Table]:
    """Return the tables an entity fills: its own first, then those of its further rows."""
    own = _table(mapping.target, mapping.fields, datasets.mapped(snapshot, mapping.entity), None)
    further = zip(mapping.also, datasets.further(snapshot, mapping), strict=True)
    return [own, *(_table(split, split.fields, dataset, split.rule) for split, dataset in further)]


def _table(target: Target | Split, fields: tuple[FieldRule, ...], dataset: Dataset, rule: str | None) -> Table:
    return Table(target.table, target.id, target.key, (target.key, *target.unique), fields, dataset, rule)
