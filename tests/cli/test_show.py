"""What a terminal shows: progress with rates and the time that is left; no name turns into markup."""

from io import StringIO

import pytest
from rich.console import Console

from cutover.cli.progress import Meter, format_step
from cutover.cli.show import print_summary
from cutover.phases.summary import EntityLine, GateLine, NightLine, RunSummary, Summary, TotalLine
from cutover.phases.world import Step


@pytest.mark.parametrize(
    ("step", "seconds", "shown"),
    [
        (Step("land", "customer", 500, 1000), 2.0, "500 rows of 1,000  ETA 2 s         250 rows/s"),
        (Step("land", "customer", 1000, 1000), 2.0, "1,000 rows         500 rows/s"),
        (Step("land", "customer", 500, None), 2.0, "500 rows         250 rows/s"),
        (Step("land", "customer", 0, None), 0.0, "0 rows"),
    ],
)
def test_a_step_tells_rows_rate_and_what_is_left(step: Step, seconds: float, shown: str) -> None:
    assert " ".join(format_step(step, seconds).split()).endswith(" ".join(shown.split()))


def test_a_meter_leaves_one_line_for_each_entity() -> None:
    console, now = Console(file=StringIO(), width=200), [0.0]
    meter = Meter(console, is_live=False, clock=lambda: now[0])
    for entity in ("customer", "order"):
        for done in (10, 20, 30):
            now[0] += 1
            meter(Step("load", entity, done, 30))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line.split()[:2] for line in lines] == [["load", "customer"], ["load", "order"]]


@pytest.mark.parametrize("text", ["main", "[red]x[/red]", "[/]"])
def test_a_summary_shows_every_figure(capsys: pytest.CaptureFixture[str], text: str) -> None:
    run = RunSummary(
        7, "full", text, text, "finished", (EntityLine(text, 1234, 1230, 1, 2, 1),),
        (TotalLine(text, "credit", text, "10.00", "1.00", "9.00", "9.01"),), (GateLine(text, 3, 1, 2),), "a" * 64, "",
    )  # fmt: skip
    print_summary(Summary(text, run, run, NightLine(4, "not_clean", 10, 8, 1, 1, 0)), [f"/x/{text}.html"])
    shown = capsys.readouterr().out
    for figure in (
        "1,234",
        "1,230",
        "9.01",
        "NO",
        "3 passed, 1 failed",
        "not taken back",
        "broken 1",
        "cutover rollback 7",
    ):
        assert figure in shown, figure
    assert text in shown
