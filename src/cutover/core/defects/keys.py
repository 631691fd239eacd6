"""K01 to K12: keys, identity, structure."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing.remedy import Parameters, Texts
from cutover.core.cleansing.texts import fold_text
from cutover.core.cycles import rows_in_circles
from cutover.core.defects.defect import Cells, Defect, Rows, Whole, colliding, matching, number
from cutover.core.duplicates import likely_pairs

_REAL = "upper(trim({key})) not in ('', 'NULL')"


def _shorter(texts: Texts, parameters: Parameters) -> pa.BooleanArray:
    """Find purely numeric keys that are shorter than the padded length, or than the padded keys of the column."""
    digits = pc.match_substring_regex(texts, "^[0-9]+$")
    lengths = pc.utf8_length(texts)
    padded = pc.max(pc.if_else(pc.and_(digits, pc.starts_with(texts, "0")), lengths, 0)).as_py() or 0
    return pc.and_(digits, pc.less(lengths, parameters.length or padded))


def _unparsed(texts: Texts, parameters: Parameters) -> pa.BooleanArray:
    """Find keys that the declared pattern (the first of `formats`) does not read whole."""
    (pattern, *_) = parameters.formats or ("[A-Z]{1,4}-?[0-9]+",)
    return pc.invert(pc.match_substring_regex(texts, f"^(?:{pattern})$"))


def _in_circles(columns: Sequence[Texts], _: Parameters) -> pa.BooleanArray:
    parents, children = columns
    return rows_in_circles(parents, children)


def _likely_twice(columns: Sequence[Texts], parameters: Parameters) -> pa.BooleanArray:
    names, identities = columns
    pairs = likely_pairs(names, identities, review=90)
    found = pa.concat_arrays([pairs["first"].combine_chunks(), pairs["second"].combine_chunks()])
    return pc.is_in(pa.array(range(len(names)), pa.int64()), value_set=found)


DEFECTS = (
    Defect(
        "K01",
        "zeros in front lost or added",
        "1200 beside 0000001200",
        Cells(_shorter),
        "A",
        "pad or strip purely numeric keys of the declared length; others stay",
        "consistency",
        ("strip_zeros", "pad_zeros"),
        "SAP conversion exit ALPHA",
    ),
    Defect(
        "K02",
        "keys that differ in case, blanks or signs",
        "M8x20 / M8×20",
        colliding(fold_text),
        "A",
        "fold in the key; two live records that then collide are K03",
        "consistency",
        ("fold_key", "upper", "salesforce_id"),
    ),
    Defect(
        "K03",
        "two records with one business key",
        "two rows 1200",
        Rows(f"select _row from rows where {_REAL} qualify count(*) over (partition by {{key}}) > 1"),
        "X",
        "a steward decides; both are rejected until then (`duplicate_key`)",
        "consistency",
    ),
    Defect(
        "K04",
        "one party or item under two keys",
        "华信（上海）有限公司 twice",
        Whole(_likely_twice, ("name", "identity")),
        "P",
        "two thresholds and a queue; automatic only with one valid official number and one normalised name",
        "consistency",
        reference="Fellegi and Sunter 1969; rapidfuzz",
    ),
    Defect(
        "K05",
        "a key given out twice over time",
        "customer 100 was another company",
        Rows(f"""
            select _row from rows where {_REAL} and {{identity}} <> ''
            qualify min({{identity}}) over (partition by {{key}}) <> max({{identity}}) over (partition by {{key}})"""),
        "X",
        "split by time of validity",
        "traceability",
    ),
    Defect(
        "K06",
        "keys with a meaning inside that not all have",
        "SH-1001 beside 1001",
        Cells(_unparsed),
        "A",
        "read by one pattern (`derive`) that covers every key",
        "consistency",
    ),
    Defect(
        "K07",
        "orphans: a reference to nothing",
        "order of a customer that is not there",
        Rows("""
            select _row from rows where trim({reference}) <> ''
              and ltrim(trim({reference}), '0') not in (
                  select ltrim(trim({key}), '0') from rows where {key} is not null)"""),
        "X",
        "reject, or the owner (`xref`); no invented parent",
        "consistency",
    ),
    Defect(
        "K08",
        "circles: a bill of material that contains itself",
        "A in B, B in A",
        Whole(_in_circles, ("parent", "child")),
        "X",
        "the owner breaks the loop (`acyclic` rejects it)",
        "consistency",
        reference="networkx: strongly connected components",
    ),
    Defect(
        "K09",
        "NA and NULL as texts",
        "NA for Namibia",
        matching(r"^(NA|N/A|n/a|NULL|null|NaN|nan|None|#N/A)$"),
        "A",
        "readers never take a text for nothing; empty values by a rule of the column",
        "accuracy",
        ("empty_to_null",),
    ),
    Defect(
        "K10",
        "flagged for deletion with open items",
        "LOEVM = X, 500.00 open",
        Rows(f"select _row from rows where upper(trim({{flag}})) in ('X', '1', 'Y', 'TRUE') and {number('open')} <> 0"),
        "P",
        "a rule selects (`exclude`); open items always move",
        "completeness",
        reference="SAP LOEVM, SPERR",
    ),
    Defect(
        "K11",
        "one account for many one-time parties",
        "CPD customer",
        Rows("""
            select _row from rows where {name} <> ''
              and {account} in (select {account} from rows group by {account} having count(distinct {name}) >= 3)"""),
        "P",
        "split, or keep as one with the address on the document",
        "traceability",
    ),
    Defect(
        "K12",
        "balances of parents summed with their children",
        "1001 and 100101 both hold 500",
        Rows(f"""
            select _row from rows where {number("balance")} <> 0
              and {{account}} in (select {{parent}} from rows where {{parent}} <> '' and {{parent}} <> {{account}})"""),
        "A",
        "sum the leaves only (`derive`, control totals by leaf)",
        "consistency",
    ),
)
