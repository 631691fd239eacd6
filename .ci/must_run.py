"""Fail when a test that must run did not, as read from pytest's JUnit reports.

usage: must_run.py PATTERNS REPORT...    exit 1 and name every must-run test that was skipped
       must_run.py --count REPORT...     print "N passed, N failed, N skipped"
"""

import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from xml.etree import ElementTree

Outcomes = dict[str, str]


def read_outcomes(reports: Iterable[Path]) -> Outcomes:
    """Return test name -> passed, failed or skipped. A test that ran in one of the reports did run."""
    outcomes: Outcomes = {}
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            name = f"{case.get('classname')}::{case.get('name')}"
            outcome = outcome_of(case)
            if outcomes.get(name, "skipped") == "skipped":
                outcomes[name] = outcome
    return outcomes


def outcome_of(case: ElementTree.Element) -> str:
    """Return passed, failed or skipped; an expected failure has run and counts as passed."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    skipped = case.find("skipped")
    return "passed" if skipped is None or skipped.get("type") == "pytest.xfail" else "skipped"


def read_patterns(text: str) -> tuple[list[str], list[str]]:
    """Return the patterns of tests that must run, and those excepted."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return (
        [line for line in lines if not line.startswith("- ")],
        [line.removeprefix("- ") for line in lines if line.startswith("- ")],
    )


def find_missing(outcomes: Outcomes, must: list[str], excepted: list[str]) -> list[str]:
    """Return one line for each must-run test that was skipped, and each pattern without a test that ran."""
    skipped = [
        f"skipped: {name}"
        for name, outcome in sorted(outcomes.items())
        if outcome == "skipped" and matches(name, must) and not matches(name, excepted)
    ]
    ran = [name for name, outcome in outcomes.items() if outcome != "skipped"]
    unmatched = [f"no test ran: {pattern}" for pattern in must if not any(matches(name, [pattern]) for name in ran)]
    return skipped + unmatched


def matches(name: str, patterns: list[str]) -> bool:
    """Tell whether `name` matches any of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def main(arguments: list[str]) -> int:
    """Return the exit status."""
    first, *reports = arguments
    outcomes = read_outcomes(Path(report) for report in reports)
    if first == "--count":
        counts = [f"{list(outcomes.values()).count(kind)} {kind}" for kind in ("passed", "failed", "skipped")]
        print(", ".join(counts))
        return 0
    missing = find_missing(outcomes, *read_patterns(Path(first).read_text(encoding="utf-8")))
    print("\n".join(missing) or f"must-run tests: all of {len(outcomes)} accounted for")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
