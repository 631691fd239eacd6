"""Columns that mappings name: every place outside expressions is looked at."""

from pathlib import Path

from cutover.project.columns import check_columns
from cutover.project.specification import read_specification

MAPPING = """entity: a
source: {system: s, table: t, key: K, columns: {C1: text}}
target: {table: t.a, id: id, key: k}
cleanse:
  - {rule: R1, column: [C2, K], do: trim}
drops:
  - {column: C3, reason: unused, approver: me}
merge: {rule: R2, kind: merge_entity, match: [K, C18], fill: [C4], survive: {C16: [K]}, approver: me}
duplicates: {rule: R4, name: C17, identity: C18}
identities: [C19]
all_or_none: {rule: R3, by: C5}
fields:
  - {rule: F1, kind: copy, target: k, source: C6}
  - {rule: F2, kind: lookup_effective, target: b, source: C7, crosswalk: x, as_of: C8}
  - {rule: F3, kind: unit, target: c, source: C9, unit: C10, factors: u}
  - {rule: F4, kind: derive, target: d, expression: "E1"}
also:
  - rule: S1
    kind: split_entity
    table: t.b
    key: z
    fields: [{rule: S2, kind: xref, target: z, source: C11, entity: a}]
control:
  - {source: C12, target: k, by: C13}
pilot: {strata: [C14]}
pii: [C15]
"""


def test_every_unknown_column_is_found_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "mappings/crosswalks").mkdir(parents=True)
    (tmp_path / "project.yaml").write_text(
        "{name: n, systems: {s: {connection: c}}, target: {connection: t, schemas: [t]}, waves: {w: {entities: [a]}}}"
    )
    (tmp_path / "mappings/a.yaml").write_text(MAPPING)
    (tmp_path / "mappings/crosswalks/x.csv").write_text("source,target,valid_from,valid_to\n1,2,2020-01-01,\n")
    (tmp_path / "mappings/crosswalks/u.csv").write_text("source,target\nkg,1\n")
    specification = read_specification(tmp_path)
    findings = check_columns(specification, {"a": ["K"]})
    assert sorted(f.problem.split("'")[1] for f in findings) == sorted(f"C{index}" for index in range(1, 20))
    places = {finding.problem.split("'")[1]: (finding.line, finding.column) for finding in findings}
    assert (places["C2"], places["C8"], places["C11"]) == ((5, 16), (14, 77), (22, 48))
    everything = ["K", *(f"C{index}" for index in range(1, 20))]
    assert check_columns(specification, {"a": everything}) == []
    assert check_columns(specification, {}) == []
