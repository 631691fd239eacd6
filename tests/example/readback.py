"""Read the legacy side back as a stranger would: by SQL, calamine and the csv module."""

import csv
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from python_calamine import CalamineWorkbook

from cutover.example.generate import Written

Row = dict[str, str]


def query(url: str, statement: str) -> list[Row]:
    """Rows of a query as text by column name."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        names = [column.name for column in cursor.description or ()]
        return [{n: str(v) for n, v in zip(names, row, strict=True)} for row in cursor]


@dataclass(frozen=True)
class Legacy:
    """What was written, read back without the generator's code. Tables by name, rows as text."""

    written: Written
    erp: str
    tables: dict[str, list[Row]]
    truth: list[Row]

    def cells(self, *defects: str) -> set[tuple[str, str, str]]:
        """The ground truth of these defects as (table, key, column)."""
        return {(t["table"], t["key"], t["column"]) for t in self.truth if t["defect"] in defects}


KEYS = {
    "t001": ("bukrs",), "skb": ("ktopl", "saknr"), "t006": ("msehi",), "kna": ("kunnr",), "lfa": ("lifnr",),
    "adr": ("adrnr",), "mara": ("matnr",), "stpo": ("matnr", "posnr"), "konp": ("vkorg", "matnr", "datab"),
    "mard": ("matnr", "werks", "lgort", "charg"), "vbak": ("vbeln",), "vbap": ("vbeln", "posnr"),
    "ekko": ("ebeln",), "ekpo": ("ebeln", "posnr"), "bsid": ("bukrs", "belnr", "gjahr", "buzei"),
    "bsik": ("bukrs", "belnr", "gjahr", "buzei"), "glt": ("bukrs", "saknr", "gjahr"),
    "contacts": ("ContactNo",), "work_orders": ("工单号",),
}  # fmt: skip


def key_of(table: str, row: Row) -> str:
    """The key of a landed row."""
    return "|".join(row[name] for name in KEYS[table])


def read_legacy(written: Written, erp: str) -> Legacy:
    """Read everything back."""
    tables = {name: query(erp, f'select * from erp."{name}"') for name in KEYS if _is_erp(name)}  # noqa: S608
    tables["contacts"] = read_contacts(written.folder)
    tables["work_orders"] = read_work_orders(written.folder)
    with (written.folder / "ground_truth.csv").open(encoding="utf-8", newline="") as file:
        return Legacy(written, erp, tables, list(csv.DictReader(file, strict=True)))


def _is_erp(name: str) -> bool:
    return name not in ("contacts", "work_orders")


def read_contacts(folder: Path) -> list[Row]:
    """The contacts of all workbooks; a number cell reads as its digits."""
    rows: list[Row] = []
    for path in sorted((folder / "crm").glob("*.xlsx")):
        cells = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
        rows += [dict(zip(map(str, cells[2]), map(_cell_text, row), strict=True)) for row in cells[3:]]
    return rows


def _cell_text(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) else str(cell)


def read_work_orders(folder: Path) -> list[Row]:
    """The work orders, decoded strictly."""
    with (folder / "mes" / "work_orders.csv").open(encoding="gb18030", errors="strict", newline="") as file:
        return list(csv.DictReader(file, delimiter=";", strict=True))
