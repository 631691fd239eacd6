"""What a check says, and when a gate is open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Severity = Literal["blocker", "major", "minor"]
Status = Literal["pass", "fail", "error", "not_run", "waived", "not_applicable"]
MINORS_THAT_CLOSE = 5
_NOTHING = "the data hold nothing to ask it of"


@dataclass(frozen=True)
class CheckResult:
    """One computed check: a share or a count against its threshold, and what it was computed from."""

    check_id: str
    entity: str | None
    status: Status
    severity: Severity
    numerator: Decimal | int | None = None
    denominator: Decimal | int | None = None
    value: str = ""
    threshold: str = ""
    message: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


def share_at_most(
    check_id: str,
    entity: str,
    part: int,
    whole: int,
    limit: Decimal,
    *,
    severity: Severity,
    evidence: Mapping[str, Any],
) -> CheckResult:
    """Check that `part` of `whole` is at most a share; an empty whole is not applicable, and says so."""
    if whole == 0:
        return CheckResult(
            check_id, entity, "not_applicable", severity, part, whole, message="the source holds no rows"
        )
    share = Decimal(part) / Decimal(whole)
    status: Status = "pass" if share <= limit else "fail"
    return CheckResult(
        check_id,
        entity,
        status,
        severity,
        part,
        whole,
        f"{share:.4%}",
        f"at most {limit:.4%}",
        evidence=evidence,
    )


def all_of(
    check_id: str,
    entity: str | None,
    part: int,
    whole: int,
    *,
    severity: Severity = "blocker",
    evidence: Mapping[str, Any],
    message: str = "",
) -> CheckResult:
    """Check that `part` is the whole; an empty whole is not applicable, and says so."""
    if whole == 0:
        return CheckResult(check_id, entity, "not_applicable", severity, part, whole, message=_NOTHING)
    status: Status = "pass" if part == whole else "fail"
    value, wanted = f"{part} of {whole}", "= 100 %"
    return CheckResult(check_id, entity, status, severity, part, whole, value, wanted, message, evidence)


def not_run(check_id: str, entity: str | None, message: str, *, severity: Severity = "blocker") -> CheckResult:
    """Say that there was nothing to compute from; it closes a gate as a failure does."""
    return CheckResult(check_id, entity, "not_run", severity, message=message)


def must_equal(
    check_id: str, entity: str | None, found: int, wanted: int, *, severity: Severity = "blocker", **evidence: Any
) -> CheckResult:
    """Check that a count is the one that it must be."""
    status: Status = "pass" if found == wanted else "fail"
    return CheckResult(check_id, entity, status, severity, found, wanted, str(found), f"= {wanted}", evidence=evidence)


def none_of(
    check_id: str,
    entity: str | None,
    bad: int,
    whole: int,
    *,
    severity: Severity = "blocker",
    message: str = "",
    **evidence: Any,
) -> CheckResult:
    """Check that none of `whole` is bad; an empty whole is not applicable, and says so."""
    if whole == 0 and bad == 0:
        return CheckResult(check_id, entity, "not_applicable", severity, bad, whole, message=_NOTHING)
    status: Status = "pass" if bad == 0 else "fail"
    return CheckResult(check_id, entity, status, severity, bad, whole, str(bad), "= 0", message, evidence)


def closing(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the results that close a gate: failed, impossible or forgotten ones, and too many minors."""
    bad = [result for result in results if result.status in ("fail", "error", "not_run")]
    minors = [result for result in bad if result.severity == "minor"]
    return [result for result in bad if result.severity != "minor"] + (
        minors if len(minors) >= MINORS_THAT_CLOSE else []
    )
