"""What the engine found in the example, put beside the ground truth: defect by defect, row by row, cell by cell."""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cutover.core.rules import join_key
from cutover.project.model import Unit, Xref, located_fields
from cutover.systems import datasets
from tests.example.moving import Journey
from tests.example.readback import KEYS, Row

Cell = tuple[str, int, str]  # entity, row, column
ENTITIES = {
    "kna": "customer", "lfa": "supplier", "adr": "address", "mara": "item", "stpo": "bom_line", "konp": "price",
    "mard": "stock", "vbak": "sales_order", "vbap": "sales_order_line", "ekko": "purchase_order",
    "ekpo": "purchase_order_line", "bsid": "receivable", "bsik": "payable", "contacts": "contact",
    "work_orders": "work_order",
}  # fmt: skip
# The reasons a row is rejected for, and the defect that each of them tells; what follows from another row tells none.
DEFECT_OF_REASON = {
    "valid": "C01", "too_long": "L01", "duplicate_key": "K03", "no_parent": "K07", "circle": "K08",
    "no_format_matches": "D06", "ge": "N13", "no_factor": "C10",
}  # fmt: skip
CONSEQUENCES = {"parent_rejected", "not_a_date", "no_date"}
DEFECT_OF_DROP = {"test_record": "T14", "flagged_for_deletion": "K10"}
UNITS = {"meins", "vrkme", "单位"}
# Habits of the legacy systems that cleansing writes otherwise, and that are no defects.
HABITS = {("account", "obersak"), ("work_order", "单位")}


@dataclass(frozen=True)
class Truth:
    """One line of the ground truth, its row found again in the landed data."""

    entity: str
    row: int
    column: str
    defect: str
    expected: str
    note: str

    @property
    def cells(self) -> set[Cell]:
        """The cells that a remedy has to touch: a flag that turns a sign is mended in the amounts."""
        columns = ("wrbtr", "dmbtr") if self.column == "shkzg" else (self.column,)
        return {(self.entity, self.row, column) for column in columns}


class Findings:
    """The staged data of a journey, read once."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.raw = {entity: self._rows(entity, "raw") for entity in journey.entities}
        self.outcome = {entity: self._rows(entity, "outcome") for entity in journey.entities}

    def _rows(self, entity: str, layer: str) -> dict[int, dict[str, Any]]:
        mapping = self.journey.world.specification.mapping(entity)
        named = mapping.source if layer == "raw" else entity
        dataset = getattr(datasets, layer)(self.journey.snapshot, named)
        return {row["_row"]: row for row in self.journey.world.staging.read(dataset).to_pylist()}

    @cached_property
    def truth(self) -> list[Truth]:
        """The ground truth."""
        with (self.journey.written.folder / "ground_truth.csv").open(encoding="utf-8", newline="") as file:
            return [self._located(line) for line in csv.DictReader(file, strict=True)]

    def _located(self, line: Row) -> Truth:
        entity = ENTITIES[line["table"]]
        row = self.row_of(line["table"], line["key"])
        return Truth(entity, row, line["column"], line["defect"], line["expected"], line["note"])

    def row_of(self, table: str, key: str) -> int:
        """The number of a row by its key as landed."""
        return self._keys[table][key]

    @cached_property
    def _keys(self) -> dict[str, dict[str, int]]:
        return {
            table: {"|".join(cells[name] for name in KEYS[table]): row for row, cells in self.raw[entity].items()}
            for table, entity in ENTITIES.items()
        }

    def rows_with(self, entity: str, *outcomes: str) -> set[int]:
        """The rows of an entity with one of some outcomes."""
        return {row for row, told in self.outcome[entity].items() if told["outcome"] in outcomes}

    @cached_property
    def listed(self) -> dict[str, set[Cell]]:
        """Defect -> the cells that the ground truth lists."""
        listed: defaultdict[str, set[Cell]] = defaultdict(set)
        for line in self.truth:
            listed[line.defect] |= line.cells
        return dict(listed)

    @cached_property
    def found(self) -> dict[str, set[Cell]]:
        """Defect -> the cells in which the engine found it, told by what it changed, rejected, merged and dropped."""
        found: defaultdict[str, set[Cell]] = defaultdict(set)
        for entity in self.journey.entities:
            for defect, row, column in [*self._changed(entity), *self._rejected(entity), *self._stayed(entity)]:
                found[defect].add((entity, row, column))
        found["M02"] |= self._defaulted()
        for line in self.truth:
            if line.expected == "loaded" and line.defect != "M02" and self._is_intact(line):
                found[line.defect] |= line.cells
        return dict(found)

    def _read(self, name: str, entity: str) -> list[dict[str, Any]]:
        dataset = getattr(datasets, name)(self.journey.snapshot, entity)
        return self.journey.world.staging.read(dataset).to_pylist()

    def _changed(self, entity: str) -> list[tuple[str, int, str]]:
        changes = (line for line in self._read("changes", entity) if (entity, line["column"]) not in HABITS)
        return [(defect_of_change(line), line["_row"], line["column"]) for line in changes]

    def _rejected(self, entity: str) -> list[tuple[str, int, str]]:
        columns = self._source_columns(entity)
        lines = [line for line in self._read("rejects", entity) if line["reason"] not in CONSEQUENCES]
        return [(self._defect(line, columns), line["_row"], columns[line["rule"]]) for line in lines]

    def _defect(self, line: dict[str, Any], columns: dict[str, str]) -> str:
        return "C10" if columns[line["rule"]] in UNITS else DEFECT_OF_REASON[line["reason"]]

    def _source_columns(self, entity: str) -> dict[str, str]:
        """Rule -> the source column that it judges."""
        mapping = self.journey.world.specification.mapping(entity)
        columns = {"KEY": mapping.source.key[0]}
        by_target: dict[str, str] = {}
        for _, rule in located_fields(mapping):
            source = rule.unit if isinstance(rule, Unit) else getattr(rule, "source", ())
            columns[rule.rule] = by_target[rule.target] = source if isinstance(source, str) else "|".join(source)
        columns |= {check.rule: by_target[check.column] for check in mapping.checks if check.column}
        return columns | ({mapping.acyclic.rule: mapping.acyclic.child[0]} if mapping.acyclic else {})

    def _stayed(self, entity: str) -> list[tuple[str, int, str]]:
        name = {"customer": "name1", "supplier": "name1", "item": "maktx"}.get(entity, "")
        told = self.outcome[entity].items()
        dropped = [(DEFECT_OF_DROP.get(line["reason"], ""), row) for row, line in told if line["outcome"] == "dropped"]
        merged = [("K04", row, "stceg") for row, line in told if line["outcome"] == "merged"]
        return merged + [(defect, row, "loevm" if defect == "K10" else name) for defect, row in dropped if defect]

    def _defaulted(self) -> set[Cell]:
        return {
            (entity, line["_row"], "zterm")
            for entity in ("customer", "supplier")
            for line in self._read("mapped", entity)
            if line["migration_defaulted"]
        }

    def _is_intact(self, line: Truth) -> bool:
        """Whether a row that only looks odd is loaded (or falls with another one) and its cell is what was landed."""
        if line.row not in self.rows_with(line.entity, "loaded") | self.fallen[line.entity]:
            return False
        clean = self._clean[line.entity][line.row]
        return bool(clean[line.column] == self.raw[line.entity][line.row][line.column])

    @cached_property
    def _clean(self) -> dict[str, dict[int, dict[str, Any]]]:
        return {entity: self._rows(entity, "clean") for entity in self.journey.entities}

    @cached_property
    def fallen(self) -> dict[str, set[int]]:
        """Entity -> the rows that may be rejected: those the ground truth says, and what refers to a fallen row."""
        fallen: dict[str, set[int]] = {}
        for entity in self.journey.entities:
            own = {line.row for line in self.truth if line.entity == entity and line.expected == "rejected"}
            fallen[entity] = own | self._children(entity, fallen)
        return fallen

    def _children(self, entity: str, fallen: dict[str, set[int]]) -> set[int]:
        mapping = self.journey.world.specification.mapping(entity)
        clean = self.journey.world.staging.read(datasets.clean(self.journey.snapshot, entity))
        children: set[int] = set()
        for _, rule in located_fields(mapping):
            if isinstance(rule, Xref) and rule.entity != entity:
                parents = (rule.entity, *rule.otherwise)
                lost = {self.outcome[parent][row]["_key"] for parent in parents for row in fallen[parent]}
                keys = join_key([clean[name].combine_chunks() for name in rule.source]).to_pylist()
                children |= {row for row, key in zip(clean["_row"].to_pylist(), keys, strict=True) if key in lost}
        return children

    def table(self) -> str:
        """Recall and precision of every defect, a line each."""
        lines = ["defect  listed   found  recall  precision"]
        for defect in sorted({*self.listed, *self.found}):
            lines.append(f"{defect:6} {len(self.listed.get(defect, ())):7} {len(self.found.get(defect, ())):7} "
                         f"{self.recall(defect):7.2%} {self.precision(defect):9.2%}")  # fmt: skip
        return "\n".join(lines)

    def recall(self, defect: str) -> float:
        """The share of the listed cells that were found; 1 when none is listed."""
        listed = self.listed.get(defect, set())
        return len(listed & self.found.get(defect, set())) / len(listed) if listed else 1.0

    def precision(self, defect: str) -> float:
        """The share of the found cells that are listed under any defect; 1 when none was found."""
        found = self.found.get(defect, set())
        everything = set().union(*self.listed.values())
        return len(found & everything) / len(found) if found else 1.0


def defect_of_change(line: dict[str, Any]) -> str:
    """Tell from a changed cell alone which defect was mended; the rule is not asked."""
    before, after = line["before"], line["after"]
    if after is None:
        return {"00000000": "D01", "99991231": "D02", "": "M02"}[before]
    if before in ("RMB", "￥", "人民币"):
        return "C11"
    if re.search("[！-～]", before) and not re.search("[！-～]", after):
        return "T07"
    if re.fullmatch(r"[\d.]+-", before):
        return "N01"
    if after == "-" + before:
        return "N03"
    return "K01" if after.lstrip("0") == before.lstrip("0") else "T06"
