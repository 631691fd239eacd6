"""How results look in a terminal, and as JSON for programs."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cutover.core.verdicts import CheckResult
from cutover.errors import GateClosed
from cutover.phases.dual_run import Night
from cutover.phases.summary import RunSummary, Summary, TotalLine
from cutover.phases.trace import Texts, Trace

MARK = {True: "[green]yes[/green]", False: "[red]NO[/red]", None: "-"}


def summary_as_json(summary: Summary, files: Sequence[str]) -> str:
    """Return the summary as JSON; amounts are texts of exact decimals."""
    return json.dumps({**asdict(summary), "files": list(files)}, indent=2, ensure_ascii=False)


@contextmanager
def checks_as_json(as_json: bool) -> Iterator[Callable[[Sequence[CheckResult], str], None]]:
    """Show the checks of a gate: all of them as JSON, also when they close it, or else what is said of an open one."""

    def show(results: Sequence[CheckResult], said: str) -> None:
        told = json.dumps([asdict(one) for one in results], indent=2, ensure_ascii=False, default=str)
        typer.echo(told if as_json else said)

    try:
        yield show
    except GateClosed as closed:
        if as_json:
            show(closed.results, "")
        raise


def print_summary(summary: Summary, files: Sequence[str], *, following: str | None = None) -> None:
    """Print the summary of a wave on one screen, at its end the next commands: those after a load if none is given."""
    console = Console(width=max(132, Console().width))
    run = summary.full or summary.pilot
    if run is None:
        return
    state = f"run {run.run_id} ({run.kind}, {run.status}), snapshot {run.snapshot}"
    console.print(f"\n[bold]Wave {escape(summary.wave)}[/bold]: {escape(state)}")
    console.print(_rows_table(run))
    console.print(_totals_table(run))
    for gate in run.gates:
        other = f", {gate.other} not applicable" if gate.other else ""
        console.print(f"gate {escape(gate.gate):14} {gate.passed} passed, {gate.failed} failed{other}")
    if summary.pilot is not None:
        _print_rehearsal(console, summary.pilot)
    if summary.night is not None:
        night = summary.night
        console.print(
            f"night {night.night_id}: {night.status}; compared {night.compared:,} = matched {night.matched:,} "
            f"+ explained {night.explained:,} + broken {night.broken:,}; not compared {night.not_compared:,}"
        )
    for file in files:
        console.print(f"written  {file}", soft_wrap=True, highlight=False, markup=False)
    usual = f'cutover night  |  cutover runs  |  cutover rollback {run.run_id} --reason "..."  |  cutover down'
    console.print(f"Next:  {following or usual}", soft_wrap=True, highlight=False)


def _rows_table(run: RunSummary) -> Table:
    table = Table(
        "entity", *(("read", "loaded", "merged", "dropped", "rejected")), "balances", box=None, padding=(0, 1)
    )
    for column in table.columns[1:6]:
        column.justify = "right"
    for line in run.entities:
        counts = (line.read, line.loaded, line.merged, line.dropped, line.rejected)
        table.add_row(escape(line.entity), *(f"{count:,}" for count in counts), MARK[line.balances])
    return table


def _totals_table(run: RunSummary) -> Table:
    names = ("control total", "groups", "old", "stayed", "loaded", "new")
    table = Table(*names, "ties", box=None, padding=(0, 1))
    for column in table.columns[1:6]:
        column.justify = "right"
    for name, lines in _by_name(run.totals):
        figures = [_sum(line.source for line in lines), _sum(line.stayed for line in lines)]
        figures += [_sum(line.loaded for line in lines), _sum(line.target for line in lines)]
        table.add_row(escape(name), str(len(lines)), *figures, MARK[all(line.ties for line in lines)])
        for line in (line for line in lines if not line.ties):
            table.add_row(
                f"  {escape(line.group)}", "", line.source, line.stayed, line.loaded, line.target, MARK[False]
            )
    return table


def _by_name(totals: Sequence[TotalLine]) -> list[tuple[str, list[TotalLine]]]:
    """Gather the groups of each control total; one screen has no room for all of them, the report has."""
    named: dict[str, list[TotalLine]] = {}
    for line in totals:
        named.setdefault(f"{line.entity}.{line.column}", []).append(line)
    return list(named.items())


def _sum(figures: Iterable[str]) -> str:
    return f"{sum((Decimal(figure) for figure in figures), Decimal(0)):,}"


def _print_rehearsal(console: Console, pilot: RunSummary) -> None:
    before, after = pilot.fingerprint_before[:16], pilot.fingerprint_after_rollback[:16] or "not taken back"
    console.print(
        f"rehearsal: pilot run {pilot.run_id}, fingerprint before {before}, after {after}, same: {MARK[pilot.proven]}"
    )


def print_night(night: Night, *, as_json: bool) -> None:
    """Print what a night found."""
    if as_json:
        typer.echo(json.dumps(asdict(night), indent=2, default=str, ensure_ascii=False))
        return
    for tally in night.tallies:
        typer.echo(
            f"{tally.entity:22} compared {tally.compared:>9,}  matched {tally.matched:>9,}  "
            f"explained {tally.explained:>7,}  broken {tally.broken:>6,}  not compared {tally.not_compared:>6,}"
        )
    for pair in night.pairs:
        state = "ties" if pair.ties else f"differs by {pair.difference}"
        figures = f"old {pair.old} new {pair.new} explained {pair.explained}"
        typer.echo(f"{pair.name} {pair.group} {pair.measure}: {figures} {state}")
    breaks = f"{night.opened} breaks opened, {night.still_open} open, {night.closed} closed"
    typer.echo(f"night {night.night_id} is {night.status}: {breaks}")
    typer.echo("Next:  cutover summary")


def print_trace(trace: Trace) -> None:
    """Print one row's way, a line per cell; texts stand in quotes, so that blanks show."""
    typer.echo(f"row {trace.row} of the feed, batch {trace.part}")
    _print_cells("raw", trace.raw)
    typer.echo("cleansed")
    for change in trace.changes:
        told = f"{_quoted(change['before'])} -> {_quoted(change['after'])}"
        by = f"  (approved by {change['approver']})" if change.get("approver") else ""
        typer.echo(f"  {change['rule']:18} {change['column']}: {told}{by}")
    why = f" by {trace.outcome['rule']}: {trace.outcome['reason']}" if trace.outcome["rule"] else ""
    into = f" into {trace.outcome['survivor']}" if trace.outcome["survivor"] else ""
    typer.echo(f"outcome: {trace.outcome['outcome']}{into}{why}")
    for line in trace.rejects:
        typer.echo(f"  {line['rule']:18} {line['column'] or '-'}: {line['reason']} ({line['severity']})")
    for target in trace.targets:
        _print_cells(f"mapped to {target.table}", target.mapped)
    for fate in trace.fates:
        typer.echo(f"run {fate['run_id']} ({fate['kind']}), batch {fate['seq']} {fate['state']}: {fate['outcome']}")
    for target in trace.targets:
        _print_cells(f"now in {target.table}" + ("" if target.stands else ": nothing"), target.stands)


def _print_cells(title: str, cells: Texts) -> None:
    typer.echo(title)
    for name, cell in cells.items():
        typer.echo(f"  {name:18} {_quoted(cell)}")


def _quoted(cell: str | None) -> str:
    return "-" if cell is None else f"'{cell}'"
