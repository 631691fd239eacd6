"""Every mistake that a project can hold is found, at its place, with its mend."""

from pathlib import Path

import pytest
from tests.project.conftest import FILES, Toy

from cutover.project.specification import inspect_specification, read_specification

CUSTOMER, ORDER, PROJECT = "mappings/customer.yaml", "mappings/order.yaml", "project.yaml"
COUNTRY, TAX, FACTOR = (f"mappings/crosswalks/{name}.csv" for name in ("country", "tax", "factor"))
OLD = "sql/control_totals/credit.old.sql"


def test_the_project_itself_is_sound(toy: Toy) -> None:
    specification = read_specification(toy())
    assert list(specification.mappings) == ["customer", "order"]


EDGES = "acyclic: {rule: CU-A, parent: NR, child: NR"
FIXED = "fixed: {path: o.txt, encoding: utf-8, unit: characters, columns: [{name: ID, start: 1, width: 4}"

# edit (file, before, after), the text in the edited file that the finding points at, words of problem and mend
MISTAKES = {
    # models
    "unknown key": (
        (CUSTOMER, "entity: customer\n", "entity: customer\nboss: me\n"),
        "boss: me",
        "unknown key 'boss'",
        "spelling",
    ),
    "unknown key of a rule": (
        (CUSTOMER, "required: true}", "requird: true}"),
        "requird",
        "unknown key 'requird'",
        "spelling",
    ),
    "missing key": (
        (CUSTOMER, "target: {table: app.customer, id: id, key: no}\n", ""),
        "",
        "'target' is missing",
        "add",
    ),
    "unknown kind": (
        (ORDER, "kind: copy", "kind: copi"),
        "{rule: OR-1, kind: copi",
        "there is no kind 'copi'",
        "'copy'",
    ),
    "no truth": (
        (CUSTOMER, "required: true}", "required: maybe}"),
        "required",
        "'maybe' is neither true nor",
        "write true",
    ),
    "no number": ((CUSTOMER, "minimum: 0}", "minimum: low}"), "minimum", "'low' is no number", "such as 0.98"),
    "no list": ((ORDER, "key: [ID, POS]", "key: {ID: 1}"), "key: {ID", "is no list", "[a, b]"),
    "another word": (
        (ORDER, "kind: copy, source: ID,", "kind: copy, source: ID, on_error: rejct,"),
        "on_error",
        "on_error: 'rejct' is not one of reject, stop",
        "did you mean 'reject'?",
    ),
    "no type": ((CUSTOMER, "type: text(4)}", "type: txt}"), "type: txt", "'txt' is no type", "correct"),
    "a text without an end": (
        (CUSTOMER, "type: text(4)}", "type: text(99999999999)}"),
        "type: text(99999999999)",
        "a length is 1 to 10485760",
        "correct",
    ),
    "a locale that nobody has": (
        (
            ORDER,
            "kind: copy, source: ID, target: no",
            "kind: cast, source: ID, type: integer, locale: xx_YY, target: no",
        ),
        "locale: xx_YY",
        "'xx_YY' is no locale",
        "de_DE",
    ),
    "a locale of truth values": (
        (
            ORDER,
            "kind: copy, source: ID, target: no",
            'kind: cast, source: ID, type: boolean, "true": [X], locale: de_DE, target: no',
        ),
        "locale: de_DE",
        "a locale writes numbers and dates, not boolean",
        "remove it",
    ),
    "a structure of unknown nodes": (
        (
            CUSTOMER,
            "  approver: sales\nfields:",
            f"  approver: sales\n{EDGES}, nodes: ghost, released: NR > 1}}\nfields:",
        ),
        "nodes: ghost",
        "there is no entity 'ghost'",
        "customer",
    ),
    "nodes of which nobody says which are released": (
        (CUSTOMER, "  approver: sales\nfields:", f"  approver: sales\n{EDGES}, nodes: customer}}\nfields:"),
        "acyclic",
        "`nodes` and `released` belong together",
        "",
    ),
    "a release that is no expression": (
        (
            CUSTOMER,
            "  approver: sales\nfields:",
            f"  approver: sales\n{EDGES}, nodes: customer, released: NR >}}\nfields:",
        ),
        "released: NR >",
        "is no SQL expression",
        "STATUS = 'R'",
    ),
    "a file without a name": ((CUSTOMER, "path: customer.csv", 'path: ""'), 'path: ""', "name a file", "correct"),
    "a pattern of files that is none": (
        (CUSTOMER, "path: customer.csv", 'path: "**.csv"'),
        'path: "**.csv"',
        "`**` stands for folders",
        "correct",
    ),
    "an encoding that decodes nothing": (
        (CUSTOMER, "encoding: utf-8", "encoding: idna"),
        "encoding: idna",
        "there is no encoding 'idna'",
        "utf-8",
    ),
    "a separator of nothing": (
        (CUSTOMER, "encoding: utf-8", 'encoding: utf-8, separator: ""'),
        "separator",
        "at least 1 character",
        "correct",
    ),
    "a quote that separates": (
        (CUSTOMER, "encoding: utf-8", 'encoding: utf-8, quote: ","'),
        "csv: {path",
        "separator, quote and the end of a row must be different marks",
        "",
    ),
    "an end of the table that is no pattern": (
        (CUSTOMER, "csv: {path: customer.csv, encoding: utf-8}", 'excel: {path: c.xlsx, until: "("}'),
        "until",
        "'(' is no regular expression",
        "correct",
    ),
    "a header below every sheet": (
        (CUSTOMER, "csv: {path: customer.csv, encoding: utf-8}", "excel: {path: c.xlsx, header_row: 9999999}"),
        "header_row",
        "is not at most 1048576",
        "at most",
    ),
    "a day that never comes": (
        (CUSTOMER, "entity: customer\n", "entity: customer\ndue_days: 9999999999\n"),
        "due_days",
        "is not at most 3650",
        "at most",
    ),
    "no table": ((ORDER, "table: app.order", "table: a.b.c"), "table: a.b.c", "table", "correct"),
    "no rule id": ((ORDER, "rule: OR-1", "rule: or 1"), "rule: or 1", "rule", "correct"),
    "no share": (
        (PROJECT, "waves:", "thresholds: {dq_soft_pass: 2}\nwaves:"),
        "dq_soft_pass",
        "is not at most 1",
        "at most",
    ),
    "no waves": (
        (PROJECT, "  main: {entities: [customer, order]}\n", ""),
        "waves:",
        "waves: nothing holds no keys",
        "`key: value`",
    ),
    # YAML
    "bad YAML": ((ORDER, "key: no}", "key: no"), ":\n  - {rule: OR-1", "not readable as YAML", "syntax"),
    "a key twice": (
        (ORDER, "entity: order", "entity: order\nentity: order"),
        "entity: order\nsource",
        "duplicate key",
        "syntax",
    ),
    "a tab": ((ORDER, "fields:", "\tfields:"), "\tfields", "not readable as YAML", "syntax"),
    "no mapping of keys": ((ORDER, "- 1\n"), "", "no mapping of keys", "docs/tour.md"),
    "an empty file": ((ORDER, ""), "", "no mapping of keys", "docs/tour.md"),
    "a control character": (
        (ORDER, "entity: order", "entity: order\x01"),
        "!file",
        "characters that YAML does not allow",
        "plain text",
    ),
    "another name than the file": (
        (ORDER, "entity: order", "entity: orders"),
        "entity: orders",
        "'orders' in order.yaml",
        "after it",
    ),
    # waves and systems
    "unknown entity of a wave": ((PROJECT, "[customer, order]", "[customer, ordr]"), "ordr]", "'ordr'", "'order'"),
    "no setup file": ((PROJECT, "[target.sql]", "[tgt.sql]"), "tgt.sql", "no sql/tgt.sql", "create"),
    "unknown system": ((ORDER, "system: crm", "system: cmr"), "system: cmr", "'cmr'", "'crm'"),
    "two sources": (
        (ORDER, "system: crm,", "system: crm, table: orders,"),
        "source: {",
        "here table and extract",
        "exactly one",
    ),
    "no source": ((ORDER, "extract: orders.sql, ", ""), "source: {", "here none", "exactly one"),
    "no extract": ((ORDER, "orders.sql", "order.sql"), "extract: order.sql", "no sql/order.sql", "create"),
    "no header and no columns": (
        (ORDER, "extract: orders.sql", "csv: {path: o.csv, encoding: utf-8, header: false}"),
        "source: {",
        "without a header",
        "`columns`",
    ),
    "no encoding": (
        (ORDER, "extract: orders.sql", "csv: {path: o.csv, encoding: uft-8}"),
        "encoding: uft-8",
        "'uft-8'",
        "'utf-8'",
    ),
    "a spelling of two columns": (
        (ORDER, "extract: orders.sql", "csv: {path: o.csv, encoding: utf-8, variants: {A: X, B: X}}"),
        "B: X",
        "'X' is the spelling of two columns",
        "keep it",
    ),
    "variants without a header": (
        (
            ORDER,
            "extract: orders.sql",
            "csv: {path: o.csv, encoding: utf-8, header: false, variants: {A: X}}, columns: {ID: text}",
        ),
        "variants: {A: X}",
        "without a header",
        "drop",
    ),
    "a footer that is no expression": (
        (ORDER, "extract: orders.sql", "csv: {path: o.csv, encoding: utf-8, footer: '('}"),
        "footer: '('",
        "'(' is no regular expression",
        "correct",
    ),
    "a column behind the end": (
        (ORDER, "extract: orders.sql", FIXED + "], length: 3}"),
        "{name: ID",
        "behind the row, which has 3 characters",
        "correct",
    ),
    "a column twice": (
        (ORDER, "extract: orders.sql", FIXED + ", {name: ID, start: 5, width: 1}]}"),
        "{name: ID, start: 5",
        "'ID' stands twice",
        "another name",
    ),
    "bytes of UTF-16": (
        (ORDER, "extract: orders.sql", FIXED.replace("utf-8", "utf-16").replace("characters", "bytes") + "]}"),
        "unit: bytes",
        "no rows of bytes",
        "characters",
    ),
    # references
    "unknown entity of a reference": (
        (ORDER, "entity: customer", "entity: custmer"),
        "entity: custmer",
        "'custmer'",
        "'customer'",
    ),
    "unknown entity in otherwise": (
        (ORDER, "entity: customer}", "entity: customer, otherwise: [customer, x]}"),
        "x]}",
        "'x'",
        "use one of",
    ),
    "a reference with another number of columns": (
        (ORDER, "source: CUST", "source: [A, B]"),
        "source: [A, B]",
        "named by NR",
        "as many",
    ),
    "unknown survivor": (
        (CUSTOMER, "  match: [TAX]", "  match: [TAX]\n  into: [suplier]"),
        "suplier]",
        "'suplier'",
        "use one of",
    ),
    "circle": (
        (CUSTOMER, "also:", "  - {rule: CU-8, kind: xref, source: [A, B], target: last, entity: order}\nalso:"),
        "",
        "customer -> order -> customer",
        "break it",
    ),
    # kinds of rules
    "a conditional without else": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: conditional, target: x, type: text, branches: [{when: A, value: b}]}\nalso:",
        ),
        "{rule: CU-8",
        "'else' is missing",
        "add it",
    ),
    "a branch with two results": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: conditional, target: x, type: text, else: reject,\n"
            "     branches: [{when: A, value: b, source: C}]}\nalso:",
        ),
        "{when: A",
        "exactly one of value, source and expression",
        "correct",
    ),
    "a value of a branch that does not fit": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: conditional, target: x, type: text(1), else: reject,\n"
            "     branches: [{when: A, value: long}]}\nalso:",
        ),
        "value: long",
        "does not fit text(1)",
        "correct",
    ),
    "a group that no rule takes": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: split_field, source: A, target: x, part: a,\n"
            "     pattern: '(?P<a>.)(?P<b>.)'}\nalso:",
        ),
        "pattern: '(?P<a>",
        "no rule takes the part 'b' of 'A'",
        "(?:...)",
    ),
    "a part that the pattern does not have": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: split_field, source: A, target: x, part: b, pattern: '(?:.)'}\nalso:",
        ),
        "part: b",
        "no group 'b'",
        "declare it first",
    ),
    "a pattern without names": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: split_field, source: A, target: x, part: b, pattern: '(.)'}\nalso:",
        ),
        "pattern: '(.)'",
        "the pattern cannot be used",
        "correct",
    ),
    "a range that ends before it begins": (
        (CUSTOMER, "also:", "  - {rule: CU-8, kind: sequence, target: x, first: 9, last: 8}\nalso:"),
        "{rule: CU-8",
        "the range ends at 8, before it begins at 9",
        "correct",
    ),
    "a prefix of a number": (
        (CUSTOMER, "also:", "  - {rule: CU-8, kind: sequence, target: x, first: 1, last: 8, prefix: D}\nalso:"),
        "{rule: CU-8",
        "make a text",
        "text type",
    ),
    "a store that is no system": (
        (CUSTOMER, "also:", "  - {rule: CU-8, kind: attachment, source: A, target: x, store: dms}\nalso:"),
        "store: dms",
        "no system 'dms'",
        "crm",
    ),
    "a hierarchy of another entity": (
        (ORDER, "kind: xref, source: CUST", "kind: hierarchy, source: CUST"),
        "entity: customer}",
        "a hierarchy stays within 'order'",
        "xref",
    ),
    "rounding without a place for the difference": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: currency, source: LIMIT, from_currency: CUR, to_currency: CNY, rates: rate,\n"
            "     rate_type: M, as_of: SINCE, direction: multiply, rounding: down, target: x, type: text}\nalso:",
        ),
        "{rule: CU-8",
        "needs `rounding_to`",
        "correct",
    ),
    "rates by currency alone": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: currency, source: LIMIT, from_currency: CUR, to_currency: CNY, rates: factor,\n"
            "     rate_type: M, as_of: SINCE, direction: divide, rounding: none, target: x, type: text}\nalso:",
        ),
        "rates: factor",
        "1 source columns, rates have 3",
        "target currency",
    ),
    "a factor through zero": ((FACTOR, "0.001", "1/0"), "G,1/0", "'1/0' is no factor", "9 decimals"),
    "a rule that is no lookup of any value": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: lookup, source: [A, B], target: x, crosswalk: wild}\nalso:",
        ),
        "kind: lookup, source: [A, B]",
        "holds `*`",
        "lookup_composite",
    ),
    # crosswalks
    "no crosswalk": (
        (CUSTOMER, "crosswalk: country", "crosswalk: contry"),
        "crosswalk: contry",
        "'contry'",
        "'country'",
    ),
    "a dated crosswalk in a plain lookup": (
        (CUSTOMER, "crosswalk: country", "crosswalk: tax"),
        "kind: lookup, source: LAND",
        "validity dates",
        "as_of",
    ),
    "another number of parts": (
        (CUSTOMER, "source: LAND", "source: [LAND, X]"),
        "source: [LAND, X]",
        "1 source columns",
        "list 1",
    ),
    "no factor": ((FACTOR, "0.001", "a gram"), "G,a gram", "'a gram' is no factor", "plain number"),
    "a factor with too many decimals": ((FACTOR, "0.001", "0.0000000001"), "G,0.0", "no factor", "9 decimals"),
    "header of a crosswalk": ((COUNTRY, "source,target", "from,to"), "", "'from,to'", "source[,source_2"),
    "ragged line": ((COUNTRY, "D,DE", "D,DE,x"), "D,DE,x", "3 fields, the header has 2", "separators"),
    "an entry without a target": ((COUNTRY, "D,DE", "D,"), "D,\n", "without a source or a target", "fill"),
    "the same code twice": ((COUNTRY, "D,DE", "CN,DE"), "CN,DE", "overlaps that of line 2", "valid_to"),
    "overlapping dates": ((TAX, "2018-05-01", "2018-04-30"), "V1,A16", "'V1' overlaps that of line 2", "valid_to"),
    "no date": ((TAX, "2018-05-01", "1.5.2018"), "V1,A16", "no date", "YYYY-MM-DD"),
    "dates the wrong way round": ((TAX, "2018-05-01,", "2018-05-01,2018-04-01"), "V1,A16", "lies after", "swap"),
    "unknown state": ((COUNTRY, "source,target,state\nCN,CN,maybe\n"), "CN,CN,maybe", "'maybe'", "confirmed"),
    "a refused entry with a target": (
        (COUNTRY, "source,target,state\nCN,CN,refused\n"),
        "CN,CN,refused",
        "a refused entry has a target",
        "confirm",
    ),
    "no CSV": ((COUNTRY, 'source,target\n"CN,CN\n'), "!file", "not readable", "UTF-8"),
    # remedies and expressions
    "unknown remedy": ((CUSTOMER, "do: [trim]", "do: [trimm]"), "do: [trimm]", "'trimm'", "'trim'"),
    "no length": ((CUSTOMER, ", length: 6", ""), "{rule: CU-C2", "needs `length`", "padded"),
    "no values": ((CUSTOMER, "do: [trim]", "do: [replace_values]"), "{rule: CU-C1", "needs `values`", "before: after"),
    "a column cleansed twice": ((CUSTOMER, "[NR, NAME]", "[NR, NR]"), "column: [NR, NR]", "named twice", "once"),
    "no expression": ((CUSTOMER, "NAME = 'test'", "NAME = "), 'when: "NAME', "no SQL expression", "such as"),
    "an expression that asks the clock": (
        (CUSTOMER, "NAME = 'test'", "SINCE < current_date"),
        'when: "SINCE',
        "own row",
        "such as",
    ),
    "a match that is none": ((CUSTOMER, "match: [TAX]", "match: [count(*)]"), "count(*)", "own row", "such as"),
    "no order": (
        (CUSTOMER, "SINCE desc nulls last", "SINCE descending order"),
        "SINCE desc",
        "no SQL expression",
        "nulls last",
    ),
    # tests
    "two tests in one": (
        (CUSTOMER, "minimum: 0", "minimum: 0, expression: '1 > 0'"),
        "{rule: CU-G1",
        "exactly one test",
        "split",
    ),
    "no test": ((CUSTOMER, ", minimum: 0", ""), "{rule: CU-G1", "exactly one test", "split"),
    "a test of no column": ((CUSTOMER, "column: debit", "column: debt"), "column: debt", "fills 'debt'", "'debit'"),
    "a test over no column": (
        (CUSTOMER, "column: debit, minimum: 0", 'expression: "debt > 0"'),
        'expression: "debt',
        "fills 'debt'",
        "'debit'",
    ),
    "no validator": ((CUSTOMER, 'pattern: "[A-Z]{2}"', "valid: cn_usc"), "valid: cn_usc", "'cn_usc'", "'cn_uscc'"),
    "no pattern": ((CUSTOMER, "[A-Z]{2}", "[A-Z"), "pattern:", "no regular expression", "correct"),
    "a bound of a text": (
        (CUSTOMER, "column: debit", "column: country"),
        "minimum: 0",
        "text(2), not integer or decimal",
        "expression",
    ),
    "a pattern of a number": (
        (CUSTOMER, "column: country", "column: debit"),
        "pattern:",
        "decimal(12,2), not text",
        "expression",
    ),
    # targets and types
    "a column filled twice": (
        (CUSTOMER, "target: qty", "target: term"),
        "target: term, factors",
        "'term' is filled already",
        "one rule",
    ),
    "an audit that fills a column": (
        (CUSTOMER, "audit: defaulted", "audit: country"),
        "audit: country",
        "filled already",
        "one rule",
    ),
    "a rule that fills the identity": (
        (CUSTOMER, "target: qty", "target: id"),
        "target: id,",
        "is the identity",
        "one rule",
    ),
    "an unfilled key": (
        (CUSTOMER, "id: id, key: no}", "id: id, key: nr}"),
        "key: nr}",
        "key column 'nr'",
        "use one of",
    ),
    "an unfilled key of a further row": (
        (CUSTOMER, "[customer_id, role]", "[customer_id, rol]"),
        "key: [customer_id, rol]",
        "'rol'",
        "'role'",
    ),
    "a total of no column": (
        (CUSTOMER, "target: debit}\n", "target: debt}\n"),
        "target: debt}",
        "fills 'debt'",
        "filled",
    ),
    "a total of a text": (
        (CUSTOMER, "- {source: LIMIT, target", "- {source: NAME, target"),
        "source: NAME, target",
        "'NAME' is text",
        "source.columns",
    ),
    "a constant too long": (
        (CUSTOMER, "value: customer", "value: a_customer_x"),
        "value: a_customer_x",
        "does not fit text(10)",
        "value",
    ),
    "a default too long": ((CUSTOMER, "value: N30", "value: NET30"), "value: NET30", "does not fit text(4)", "value"),
    "formats of a number": ((CUSTOMER, "type: timestamp, ", "type: integer, "), "formats:", "not integer", "remove"),
    "no zone": ((CUSTOMER, ", zone: Asia/Shanghai", ""), "formats:", "needs its zone", "%z"),
    "unknown zone": ((CUSTOMER, "Asia/Shanghai", "Asia/Shangai"), "zone: Asia/Shangai", "'Asia/Shangai'", "IANA"),
    "a flag without texts": (
        (CUSTOMER, 'type: timestamp, formats: ["%Y-%m-%d"], zone: Asia/Shanghai', "type: boolean"),
        "{rule: CU-6",
        "true or false",
        "list",
    ),
    "a balance of a text": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: sign, source: NAME, indicator: X, debit: S, credit: H, target: x}\nalso:",
        ),
        "source: NAME, indicator",
        "'NAME' is text",
        "source.columns",
    ),
    "a balance without its clearing account": (
        (CUSTOMER, "source: LIMIT, offset: true, side", "source: LIMIT, side"),
        "{rule: CU-7,",
        "no line of the clearing account takes the other side of 'LIMIT'",
        "add it under `also`",
    ),
    "an empty input that nobody reads": (
        (
            CUSTOMER,
            "also:",
            "  - {rule: CU-8, kind: derive, expression: upper(NAME), may_be_empty: NAMES, target: x}\nalso:",
        ),
        "may_be_empty",
        "the expression does not read 'NAMES'",
        "'NAME'",
    ),
    "a drop that nobody approved": (
        (CUSTOMER, "checks:", "drops:\n  - {column: FAX, reason: obsolete, approver: ''}\nchecks:"),
        "approver: ''",
        "'approver' is empty",
        "fill it",
    ),
    "a day that is none": (
        (CUSTOMER, "as_of: SINCE", "as_of: NAME"),
        "as_of: NAME",
        "'NAME' is text, not date",
        "source.columns",
    ),
    "a rule id twice": (
        (ORDER, "rule: OR-2", "rule: CU-1"),
        "rule: CU-1",
        "'CU-1' exists already in mappings/customer.yaml",
        "new id",
    ),
    # control totals
    "a pair of an unknown system": ((OLD, "system: crm", "system: erp"), "", "'erp'", "use one of"),
    "a pair of no system": ((OLD, "-- system: crm\n", ""), "", "no system is named", "-- system"),
    "an explanation by an unknown entity": ((OLD, "customer by", "custmer by"), "", "'custmer'", "'customer'"),
    "an explanation that is none": (
        (OLD, "rows = customer by LAND", "rows: customer"),
        "",
        "not readable",
        "<measure>",
    ),
}


def place_of(root: Path, file: str, anchor: str) -> str:
    """Where an anchor stands in a file; `!file` is the file as a whole."""
    if anchor == "!file":
        return file
    text = (root / file).read_text(encoding="utf-8")
    start = text.index(anchor)
    assert anchor == "" or text.count(anchor) == 1, f"{anchor!r} stands there {text.count(anchor)} times"
    before = text[:start]
    return f"{file}:{before.count(chr(10)) + 1}:{start - before.rfind(chr(10))}"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_at_its_place_with_its_mend(toy: Toy, mistake: str) -> None:
    edit, anchor, problem, mend = MISTAKES[mistake]
    root = toy(edit)
    specification, findings = inspect_specification(root)
    assert specification is None
    assert len(findings) == 1, [str(finding) for finding in findings]
    (text,) = [str(finding) for finding in findings]
    place = place_of(root, edit[0], anchor)
    assert text.startswith(f"{place}: "), (place, text)
    told, _, fix = text.removeprefix(f"{place}: ").partition(". Fix: ")
    assert problem in told, text
    assert mend in fix, text


def test_entries_that_match_equally_well_are_found(toy: Toy) -> None:
    rule = "  - {rule: CU-8, kind: lookup_composite, source: [A, B], target: x, crosswalk: wild}\nalso:"
    wild = "source,source_2,target\nA,*,X\n*,B,Y\n"
    _, findings = inspect_specification(toy((CUSTOMER, "also:", rule), ("mappings/crosswalks/wild.csv", wild)))
    assert [str(finding) for finding in findings] == [
        "mappings/crosswalks/wild.csv:3:1: '*|B' and 'A|*' of line 2 match equally well. "
        "Fix: add the entry that is more exact than both, or let one of them say less"
    ]
    decided = wild + "A,B,Z\n"
    assert inspect_specification(toy((CUSTOMER, "also:", rule), ("mappings/crosswalks/wild.csv", decided)))[1] == []


def test_half_a_pair_of_control_totals_is_a_mistake(toy: Toy) -> None:
    _, findings = inspect_specification(toy(without="sql/control_totals/credit.new.sql"))
    assert [str(finding) for finding in findings] == [
        "sql/control_totals/credit.new.sql: the file is missing. Fix: a pair has an old and a new side"
    ]


def test_a_project_without_mappings_says_so(toy: Toy) -> None:
    root = toy()
    for path in (root / "mappings").glob("*.yaml"):
        path.unlink()
    _, findings = inspect_specification(root)
    assert "mappings: there is no mapping. Fix: add one YAML file per entity" in [str(finding) for finding in findings]


def test_a_file_in_another_encoding_is_named(toy: Toy) -> None:
    root = toy()
    (root / ORDER).write_bytes("entity: order\ntitle: 订单\n".encode("gb18030"))
    (root / COUNTRY).write_bytes("source,target\n中国,CN\n".encode("gb18030"))
    _, findings = inspect_specification(root)
    told = [str(finding) for finding in findings]
    assert f"{ORDER}:2:1: byte 21 is not UTF-8. Fix: save the file as UTF-8" in told
    assert any(text.startswith(f"{COUNTRY}:2:1: byte 14 is not UTF-8") for text in told)


def test_all_mistakes_of_all_files_are_told_at_once(toy: Toy) -> None:
    names = ["bad YAML", "unknown key", "overlapping dates", "no setup file", "no CSV", "a pair of no system"]
    _, findings = inspect_specification(toy(*(MISTAKES[name][0] for name in names)))
    told = sorted(str(finding) for finding in findings)
    assert sorted({text.split(":")[0] for text in told}) == sorted({MISTAKES[name][0][0] for name in names})
    for name in names:
        assert any(MISTAKES[name][2] in text for text in told), (name, told)


def test_an_empty_list_is_told_as_such(toy: Toy) -> None:
    root = toy(("project.yaml", "waves:\n", "waves:\n  second: {entities: []}\n"), (CUSTOMER, "  key: NR", "  key: []"))
    told = [str(finding) for finding in inspect_specification(root)[1]]
    assert told == [
        "project.yaml:6:12: 'entities' is empty. Fix: fill it",
        "mappings/customer.yaml:5:3: 'key' is empty. Fix: fill it",
    ]


def test_mistakes_of_mappings_are_told_beside_an_unreadable_project(toy: Toy) -> None:
    root = toy(("project.yaml", "name: Toy", "nmae: Toy"), (ORDER, "entity: customer}", "entity: custmer}"))
    told = [finding.problem for finding in inspect_specification(root)[1]]
    assert sorted(told) == ["'name' is missing", "there is no entity 'custmer'", "unknown key 'nmae'"]


def test_mistakes_between_files_are_told_beside_an_unreadable_one(toy: Toy) -> None:
    """What the unreadable file holds is unknown: nothing that refers to it is called wrong."""
    names = ["no length", "no factor", "a day that is none"]
    _, findings = inspect_specification(toy((ORDER, "a: ["), *(MISTAKES[name][0] for name in names)))
    assert sorted(finding.file for finding in findings) == [FACTOR, CUSTOMER, CUSTOMER, ORDER]


def test_a_reference_to_an_entity_without_an_identity_is_found_wherever_it_is_made(toy: Toy) -> None:
    _, findings = inspect_specification(toy((CUSTOMER, "app.customer, id: id,", "app.customer,")))
    assert [finding.file for finding in findings] == [CUSTOMER, ORDER]
    assert [finding.problem for finding in findings] == [
        "'customer' has no `target.id` to refer to itself by",
        "'customer' has no `target.id`: its rows are named by 'no'",
    ]


def test_a_reference_by_own_key_is_sound_with_a_type(toy: Toy) -> None:
    also = FILES[CUSTOMER][FILES[CUSTOMER].index("also:") : FILES[CUSTOMER].index("checks:")]
    edits = [(CUSTOMER, "app.customer, id: id,", "app.customer,"), (CUSTOMER, also, "")]
    typed = (ORDER, "entity: customer}", "entity: customer, type: text(10)}")
    assert inspect_specification(toy(*edits, typed))[1] == []
    wide = (CUSTOMER, "app.customer, id: id, key: no", "app.customer, key: [no, country]")
    _, findings = inspect_specification(toy(wide, (CUSTOMER, also, ""), typed))
    assert [finding.problem for finding in findings] == ["'customer' has no `target.id` to refer to"]


def test_a_survivor_must_merge_by_the_same_terms(toy: Toy) -> None:
    supplier = """\
entity: supplier
source: {system: crm, extract: orders.sql, key: NR}
target: {table: app.supplier, key: no}
merge: {rule: SU-M, kind: merge_entity, match: [TAX, NAME], into: [customer], approver: sales}
fields: [{rule: SU-1, kind: copy, source: NR, target: no}]
"""
    _, findings = inspect_specification(toy(("mappings/supplier.yaml", supplier)))
    (told,) = [str(finding) for finding in findings]
    assert told.startswith("mappings/supplier.yaml:4:68: 'customer' merges by 1 expressions, not by 2")
    same = supplier.replace("[TAX, NAME]", "[TAX]")
    assert inspect_specification(toy(("mappings/supplier.yaml", same)))[1] == []


def test_a_line_that_came_in_by_a_merge_has_a_place(toy: Toy) -> None:
    text = "x: &base {kind: copy, sorce: A}\nentity: order\nfields:\n  - <<: *base\n    rule: OR-1\n"
    _, findings = inspect_specification(toy((ORDER, text)))
    assert any("sorce" in finding.problem for finding in findings)
