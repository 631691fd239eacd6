"""M01 to M10: defects of single modules of an ERP, CRM or MES."""

import re

from cutover.core.cleansing.codes import email_address
from cutover.core.cleansing.remedy import Parameters
from cutover.core.cleansing.texts import SECRET
from cutover.core.defects.defect import Defect, Rows, judged, matching, number, unlisted


def _is_odd_address(text: str, _: Parameters) -> bool:
    return bool(text.strip()) and email_address(text) is None


DEFECTS = (
    Defect(
        "M01",
        "unit conversions missing, zero or contradicting",
        "1 box = 0 pieces",
        Rows(f"""
            with told as (
                select _row, {{from_unit}} as one, {{to_unit}} as other, {number("factor")} as factor from rows
            )
            select a._row from told as a
            left join told as b on a.one = b.other and a.other = b.one and a._row <> b._row
            where coalesce(a.factor, 0) <= 0 or abs(a.factor * b.factor - 1) > 0.001"""),
        "X",
        "the owner; recompute stock in the base unit and tie to a count (`unit` rejects)",
        "accuracy",
    ),
    Defect(
        "M02",
        "terms, price list or limit empty",
        "no payment term",
        matching(r"^\s*$"),
        "P",
        "a default with a flag that says so (`default_audited`)",
        "completeness",
    ),
    Defect(
        "M03",
        "several or invalid e-mail addresses in a cell",
        "a@b.com; c@d.org",
        judged(_is_odd_address),
        "P",
        "split; syntax only, nothing is delivered",
        "accuracy",
        ("split_emails",),
        "RFC 5321; email-validator",
    ),
    Defect(
        "M04",
        "variants of a pick list; owners who left",
        "won / WON / 成交",
        unlisted(),
        "P",
        "a crosswalk; a default owner with audit",
        "consistency",
    ),
    Defect(
        "M05",
        "open orders that are delivered",
        "10 of 10 delivered, open",
        Rows(f"""
            select _row from rows where {number("delivered")} >= {number("ordered")} and {number("ordered")} > 0
              and lower(trim({{status}})) not in ('closed', 'done', 'c', '已关闭', '关闭')"""),
        "X",
        "close in the old system before the extract",
        "currentness",
    ),
    Defect(
        "M06",
        "fixed assets whose values do not fit",
        "1000 - 300 = 650",
        Rows(f"""
            select _row from rows
            where {number("net")} <> {number("cost")} - {number("accumulated")} or {number("life")} <= 0"""),
        "X",
        "finance",
        "consistency",
    ),
    Defect(
        "M07",
        "foreign items with one amount only",
        "USD 100, no local amount",
        Rows(f"select _row from rows where ({number('document')} is null) <> ({number('local')} is null)"),
        "X",
        "a rule with rate and date; both tie",
        "completeness",
    ),
    Defect(
        "M08",
        "quantities of operations that do not add up; serials twice, or built into nothing known; two routings",
        "100 in, 90 good, 5 scrap",
        Rows(f"""
            select _row from rows where {number("input")} <> {number("good")} + {number("scrap")}
            union select _row from rows where {{serial}} <> '' qualify count(*) over (partition by {{serial}}) > 1
            union select _row from rows where {{parent}} <> '' and {{parent}} not in (
                select {{serial}} from rows where {{serial}} is not null)
            union select _row from rows where {{item}} <> '' and {{routing}} <> '' and {{item}} in (
                select {{item}} from rows where {{routing}} <> ''
                group by 1 having min({{routing}}) <> max({{routing}}))"""),
        "X",
        "production freezes the line and counts again",
        "consistency",
    ),
    Defect(
        "M09",
        "lots without expiry",
        "lot 4711, no date",
        Rows(
            "select _row from rows where {lot} <> '' and coalesce(trim({expiry}), '') in ('', '00000000', '0000-00-00')"
        ),
        "X",
        "quality decides",
        "completeness",
    ),
    Defect(
        "M10",
        "personal data and passwords in remarks",
        "密码: abc123",
        judged(lambda text, _: bool(re.search(SECRET, text))),
        "P",
        "drop or mask",
        "confidentiality",
        ("mask_secrets",),
    ),
)
