"""A small sound project to break: a customer and an order, with crosswalks, an extract and a pair of totals."""

from collections.abc import Callable
from pathlib import Path

import pytest

FILES = {
    "project.yaml": """\
name: Toy
systems:
  crm: {connection: crm}
target: {connection: target, schemas: [app], setup: [target.sql]}
waves:
  main: {entities: [customer, order]}
""",
    "mappings/customer.yaml": """\
entity: customer
source:
  system: crm
  csv: {path: customer.csv, encoding: utf-8}
  key: NR
  columns: {LIMIT: "decimal(12,2)", SINCE: date, QTY: "decimal(12,3)"}
target: {table: app.customer, id: id, key: no}
cleanse:
  - {rule: CU-C1, column: [NR, NAME], do: [trim]}
  - {rule: CU-C2, column: NR, do: strip_zeros, length: 6}
exclude:
  - {rule: CU-X, when: "NAME = 'test'", reason: test_record, approver: sales}
merge:
  rule: CU-M
  kind: merge_entity
  match: [TAX]
  order: [SINCE desc nulls last]
  approver: sales
fields:
  - {rule: CU-1, kind: copy, source: NR, target: no, type: text(10), required: true}
  - {rule: CU-2, kind: lookup, source: LAND, target: country, crosswalk: country, type: text(2)}
  - {rule: CU-3, kind: default_audited, source: TERM, value: N30, target: term, audit: defaulted, type: text(4)}
  - {rule: CU-4, kind: lookup_effective, source: TAXC, as_of: SINCE, target: tax, crosswalk: tax, type: text(3)}
  - {rule: CU-5, kind: unit, source: QTY, unit: UOM, target: qty, factors: factor, type: "decimal(12,3)"}
  - {rule: CU-6, kind: cast, source: SEEN, target: seen, type: timestamp, formats: ["%Y-%m-%d"], zone: Asia/Shanghai}
  - {rule: CU-7, kind: opening_balance, source: LIMIT, side: debit, target: debit, type: "decimal(12,2)"}
  - {rule: CU-7B, kind: opening_balance, source: LIMIT, offset: true, side: credit, target: clearing}
also:
  - rule: CU-R
    kind: split_entity
    table: app.role
    key: [customer_id, role]
    fields:
      - {rule: CU-R1, kind: xref, source: NR, entity: customer, target: customer_id}
      - {rule: CU-R2, kind: constant, value: customer, target: role, type: text(10)}
checks:
  - {rule: CU-G1, column: debit, minimum: 0}
  - {rule: CU-G2, column: country, pattern: "[A-Z]{2}"}
control:
  - {source: LIMIT, target: debit}
""",
    "mappings/order.yaml": """\
entity: order
source: {system: crm, extract: orders.sql, key: [ID, POS]}
target: {table: app.order, id: id, key: no}
fields:
  - {rule: OR-1, kind: copy, source: ID, target: no}
  - {rule: OR-2, kind: xref, source: CUST, target: customer_id, entity: customer}
""",
    "mappings/crosswalks/country.csv": "source,target\nCN,CN\nD,DE\n",
    "mappings/crosswalks/factor.csv": "source,target\nKG,1\nG,0.001\n",
    "mappings/crosswalks/tax.csv": "source,target,valid_from,valid_to\nV1,A17,,2018-04-30\nV1,A16,2018-05-01,\n",
    "mappings/crosswalks/wild.csv": "source,source_2,target\nA,*,X\n",
    "sql/orders.sql": "select * from orders\n",
    "sql/target.sql": "create schema app;\n",
    "sql/control_totals/credit.old.sql": """\
-- purpose: credit limits of both systems
-- system: crm
-- explained: rows = customer by LAND
select 1 as "group"
""",
    "sql/control_totals/credit.new.sql": 'select 1 as "group"\n',
}
Toy = Callable[..., Path]


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """Writes the project with edits: (file, before, after) replaces a text, (file, text) the whole file."""

    def write(*edits: tuple[str, ...], without: str = "") -> Path:
        files = dict(FILES)
        for file, *texts in edits:
            if len(texts) == 1:
                files[file] = texts[0]
                continue
            before, after = texts
            assert files[file].count(before) == 1, f"{before!r} stands {files[file].count(before)} times in {file}"
            files[file] = files[file].replace(before, after)
        for file, text in files.items():
            if file != without:
                (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / file).write_text(text, encoding="utf-8")
        return tmp_path

    return write
