"""The mandatory items of the data migration checklist (数据迁移检查清单), and which checks compute them.

An item is as good as its worst check; a line of which no check has answered was not run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cutover.core.verdicts import CheckResult, Severity, Status

WORST: tuple[Status, ...] = ("error", "fail", "not_run", "waived", "pass", "not_applicable")


@dataclass(frozen=True)
class Line:
    """One line that an item computes: what it asks, and the checks that answer it.

    checks: whole ids, or their part before the first point. optional: asked only of what declares what it is about.
    """

    asks: str
    checks: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True)
class Item:
    """One item: its name as business people know it, what it proves, and the tests in which it fails.

    gate: at which its checks are evaluated. waivable: whether anybody may let it pass.
    """

    id: str
    name: str
    proves: str
    gate: str
    severity: Severity
    lines: tuple[Line, ...]
    fails_in: tuple[str, ...]
    waivable: bool = True


def judge(item: Item, results: Iterable[CheckResult]) -> dict[str, tuple[Status, Sequence[CheckResult]]]:
    """Return for each line of an item what its checks say together, and those of them that are not green."""
    listed = [(result.check_id.partition(".")[0], result) for result in results]
    told: dict[str, tuple[Status, Sequence[CheckResult]]] = {}
    for line in item.lines:
        found = [result for family, result in listed if family in line.checks or result.check_id in line.checks]
        status: Status = min((result.status for result in found), key=WORST.index, default="not_run")
        if not found and line.optional:
            status = "not_applicable"
        told[line.asks] = status, [result for result in found if result.status not in ("pass", "not_applicable")]
    return told


def status_of(item: Item, results: Iterable[CheckResult]) -> Status:
    """Return the status of an item: that of its worst line."""
    return min((status for status, _ in judge(item, results).values()), key=WORST.index)


def never_waived(check_id: str) -> bool:
    """Return whether a check belongs to an item that nobody may let pass."""
    family = check_id.partition(".")[0]
    if family in _BALANCE:
        return True
    lines = (line for item in CHECKLIST if not item.waivable for line in item.lines)
    return any(family in line.checks or check_id in line.checks for line in lines)


# Every row has one outcome, and the target holds what was loaded: DMC-15, which is computed by these already.
_BALANCE = frozenset(["CONSERVED", "COUNT"])
_GATE, _LANDED, _SCOPE = "tests/phases/test_gate.py", "tests/phases/test_landed.py", "tests/phases/test_scope.py"
_COVERAGE, _DUPLICATES = "tests/phases/test_coverage.py", "tests/phases/test_duplicates.py"
_FAULTS, _VERIFY = "tests/projects/test_adventureworks_faults.py", "tests/phases/test_verify.py"

CHECKLIST = (
    Item(
        "DMC-01", "迁移范围与数据源清单完整", "nothing is forgotten, and nothing moves without an owner",
        "landing", "blocker",
        (
            Line("legacy objects that are not in scope/objects.csv", ("SCOPE.OBJECTS",)),
            Line("objects without owner, decision, reason, retention or volume", ("SCOPE.DECIDED",)),
            Line("processes that no object in scope serves", ("SCOPE.PROCESSES",)),
        ),
        (f"{_SCOPE}::test_an_undeclared_table_closes_it",),
    ),
    Item(
        "DMC-02", "抽取文件完整且未被改动", "what we work on is what the source held at the snapshot",
        "mapping", "blocker",
        (
            Line("rows, sums, extremes and hash of the landed rows against the manifest", ("RAW",)),
            Line("one instant for all feeds of a system", ("INSTANT",)),
        ),
        (
            f"{_GATE}::test_a_landed_row_that_was_changed_or_lost_closes_it",
            f"{_LANDED}::test_feeds_of_two_instants_close_it",
        ),
        waivable=False,
    ),
    Item(
        "DMC-03", "编码与结构校验", "no character was misread and no column has shifted",
        "landing", "blocker",
        (
            Line("strict decoding, the declared header and fields: a file that fails does not land", ("STRUCTURE",)),
            Line("replacement characters, mojibake and control characters", ("ENCODING",)),
            Line("the commonest shape of each column against the extract before", ("MASKS",)),
        ),
        (
            f"{_FAULTS}::test_a_file_that_is_not_as_declared_is_not_landed",
            f"{_FAULTS}::test_a_ragged_row_is_rejected_by_its_line_and_so_is_all_that_refers_to_it",
            f"{_LANDED}::test_text_that_was_misread_closes_it",
            f"{_LANDED}::test_a_column_whose_shape_changed_since_the_last_extract_closes_it",
        ),
    ),
    Item(
        "DMC-04", "数据画像与质量规则基线", "we know the data, and every critical element is under rules",
        "landing", "major",
        (
            Line("profiled columns of those in scope", ("PROFILED",)),
            Line("critical elements with rules for completeness and validity", ("RULES",)),
            Line("the pass rate of each rule", ("DQ",)),
        ),
        (f"{_LANDED}::test_a_critical_element_without_a_rule_closes_it",),
    ),
    Item(
        "DMC-05", "个人信息分类、脱敏与保留期限", "only what may be moved is moved, and personal data are masked",
        "landing", "blocker",
        (
            Line("columns without a class; personal columns that the mapping does not mask", ("CLASSIFIED",)),
            Line("personal values that stand in a masked copy for tests as they were", ("MASKED",), optional=True),
            Line("rows that are kept no longer and move all the same", ("RETENTION",), optional=True),
        ),
        (
            f"{_SCOPE}::test_a_phone_column_that_is_not_masked_closes_it",
            "tests/phases/test_masked.py::test_a_phone_column_that_was_left_unmasked_closes_it",
            f"{_SCOPE}::test_a_row_that_is_kept_no_longer_closes_it",
        ),
    ),
    Item(
        "DMC-06", "清洗变更可追溯可重放", "every changed cell has a rule, and nothing else changed",
        "mapping", "blocker",
        (Line("the change log replayed over all raw rows, approvals with their approver", ("REPLAY",)),),
        (
            f"{_GATE}::test_a_cell_that_the_log_does_not_explain_closes_it",
            "tests/phases/test_proposals.py::test_an_approved_change_without_an_approver_does_not_replay",
            "tests/project/test_mending.py::test_what_no_machine_may_do_does_not_load",
        ),
        waivable=False,
    ),
    Item(
        "DMC-07", "数据质量达标", "hard rules hold everywhere, soft rules reach their goal",
        "mapping", "blocker",
        (Line("passing rows of those to which each rule applies", ("DQ",)),),
        (
            f"{_GATE}::test_a_mandatory_field_that_is_null_closes_it",
            f"{_GATE}::test_a_rule_that_applies_to_no_row_is_not_run",
        ),
    ),
    Item(
        "DMC-08", "重复记录处理与黄金记录", "one real thing is one record, and each merge can be undone",
        "mapping", "blocker",
        (
            Line("business keys that stand twice", ("UNIQUE", "RAW.KEY")),
            Line("pairs that nobody decided on", ("DUPLICATES",), optional=True),
            Line("merges without a shared, valid official number", ("MERGED",), optional=True),
            Line("large clusters that nobody looked at", ("CLUSTERS",), optional=True),
            Line("values that taking a merge apart would not bring back", ("UNMERGE",), optional=True),
        ),
        (
            f"{_DUPLICATES}::test_a_machine_joins_what_shares_a_valid_number_and_a_name_and_nothing_else",
            f"{_DUPLICATES}::test_the_gate_is_closed_while_a_pair_is_undecided",
            f"{_DUPLICATES}::test_a_merge_without_a_valid_number_is_found",
            f"{_DUPLICATES}::test_a_record_of_many_rows_is_looked_at_by_somebody",
            f"{_DUPLICATES}::test_a_lost_value_of_a_merged_row_is_found",
        ),
    ),
    Item(
        "DMC-09", "字段映射覆盖率", "every source column goes somewhere or is dropped on purpose",
        "mapping", "blocker",
        (
            Line("source columns neither mapped nor dropped with a reason and an approver", ("COVERAGE",)),
            Line("mandatory target columns without a rule", ("MANDATORY",)),
            Line("rules that are not approved", ("APPROVED",)),
            Line("rules that nobody has seen at work: no example, and no row", ("EXAMPLES",)),
        ),
        (
            f"{_GATE}::test_an_undecided_column_closes_it",
            f"{_COVERAGE}::test_a_column_that_became_mandatory_closes_the_gate",
            f"{_COVERAGE}::test_a_draft_is_not_approved",
            f"{_COVERAGE}::test_a_rule_that_nobody_saw_at_work_is_told",
        ),
    ),
    Item(
        "DMC-10", "编码体系映射覆盖率", "every code in the data becomes a live code of the target",
        "mapping", "blocker",
        (
            Line("codes and rows without a crosswalk entry on their day", ("VALUES", "VALUE_ROWS"), optional=True),
            Line("crosswalk targets that are missing or blocked in the target", ("DANGLING",), optional=True),
            Line("rows that took a default", ("DEFAULTS",), optional=True),
        ),
        (
            f"{_COVERAGE}::test_an_unmapped_code_is_counted_by_value_row_and_amount",
            f"{_COVERAGE}::test_a_code_that_is_blocked_in_the_target_closes_the_gate",
            f"{_GATE}::test_too_many_defaults_close_it",
        ),
    ),
    Item(
        "DMC-12", "引用完整与无环", "parents exist before children, and no structure loops",
        "mapping", "blocker",
        (
            Line("orphans of each reference", ("ORPHANS",), optional=True),
            Line("the load order is topological", ("ORDER",)),
            Line("rows on a circle of a structure", ("CYCLES",), optional=True),
            Line("components that are not released of a released parent", ("RELEASED",), optional=True),
        ),
        (
            f"{_GATE}::test_a_circle_closes_it",
            f"{_GATE}::test_an_orphan_closes_it",
            f"{_GATE}::test_a_released_parent_of_what_is_not_released_closes_it",
        ),
    ),
    Item(
        "DMC-13", "字段长度、精度与字符集适配", "nothing is truncated or rounded without a rule",
        "mapping", "blocker",
        (Line("values too long, too precise, out of range or not encodable", ("FIT",)),),
        (
            f"{_GATE}::test_a_character_that_the_target_does_not_have_is_a_misfit",
            f"{_GATE}::test_a_value_that_does_not_fit_the_target_closes_it",
        ),
    ),
    Item(
        "DMC-18", "拒绝记录闭环", "no reject is left without an owner and a decision",
        "verification", "major",
        (
            Line("rejected rows of all, against the limit", ("REJECTS",)),
            Line("rejects without owner, reason or due date", ("REJECTS.DECIDED",)),
            Line("the value of rejected rows, per group of each control total", ("TOTAL",), optional=True),
        ),
        (f"{_VERIFY}::test_a_reject_that_nobody_decides_about_closes_it",),
    ),
)  # fmt: skip
