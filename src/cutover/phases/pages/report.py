"""The report: one HTML page without anything from outside, for those who decide."""

from collections.abc import Iterable
from decimal import Decimal
from html import escape

from cutover.phases.summary import RunSummary, Summary
from cutover.phases.world import World

_STYLE = """
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif; color: #1c2733;
       margin: 2rem auto; max-width: 68rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #dde3ea; text-align: right }
td { font-variant-numeric: tabular-nums }
th:first-child, td:first-child { text-align: left } .bad { color: #b42318; font-weight: 600 } .good { color: #067647 }
.bar { display: flex; height: .7rem; width: 12rem; background: #eef1f5 } .bar i { display: block }
.loaded { background: #2f8f6b } .merged { background: #4f7cac } .dropped { background: #c9b458 }
.rejected { background: #c2553d }
"""
_OUTCOMES = ("loaded", "merged", "dropped", "rejected")


def write_report(world: World, summary: Summary) -> str:
    """Write the report of a wave and return where it lies."""
    page = build_report(world.specification.project.name, summary)
    return world.staging.write_file(f"reports/{summary.wave}.html", page.encode())


def build_report(name: str, summary: Summary) -> str:
    """Return the page; it holds counts, totals and hashes, and no value of a row."""
    run = summary.full or summary.pilot
    body = [f"<h1>{escape(name)}: wave {escape(summary.wave)}</h1>"]
    if run is not None:
        state = f"run {run.run_id} ({run.kind}, {run.status}), snapshot {run.snapshot}"
        body += [f"<p>{escape(state)}</p>", "<h2>Rows</h2>", _rows(run), "<h2>Control totals</h2>", _totals(run)]
        body += ["<h2>Gates</h2>", _gates(run)]
    body += ["<h2>The way back</h2>", _rehearsal(summary.pilot), "<h2>Dual run</h2>", _night(summary)]
    head = f'<meta charset="utf-8"><title>{escape(name)}</title><style>{_STYLE}</style>'
    return f"<!doctype html><html><head>{head}</head><body>{''.join(body)}</body></html>"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>{lines}</table>"


def _verdict(good: bool) -> str:
    return '<span class="good">yes</span>' if good else '<span class="bad">no</span>'


def _rows(run: RunSummary) -> str:
    lines = []
    for line in run.entities:
        counts = [getattr(line, name) for name in _OUTCOMES]
        bar = "".join(
            f'<i class="{name}" style="width:{100 * count / max(line.read, 1):.2f}%"></i>'
            for name, count in zip(_OUTCOMES, counts, strict=True)
        )
        shown = [f"{count:,}" for count in (line.read, *counts)]
        lines.append([escape(line.entity), *shown, f'<div class="bar">{bar}</div>', _verdict(line.balances)])
    return _table(["entity", "read", *_OUTCOMES, "", "balances"], lines)


def _totals(run: RunSummary) -> str:
    lines = []
    for total in run.totals:
        amounts = (f"{Decimal(amount):,}" for amount in (total.source, total.stayed, total.loaded, total.target))
        name = escape(f"{total.entity}.{total.column}")
        lines.append([name, escape(total.group), *amounts, _verdict(total.ties)])
    note = "<p>What stayed was merged, dropped or rejected: old = stayed + loaded, and loaded = new.</p>"
    return note + _table(["control total", "of", "old", "stayed", "loaded", "new", "ties"], lines)


def _gates(run: RunSummary) -> str:
    lines = (
        [escape(gate.gate), str(gate.passed), str(gate.failed), str(gate.other), _verdict(not gate.failed)]
        for gate in run.gates
    )
    return _table(["gate", "passed", "failed", "not applicable", "open"], lines)


def _rehearsal(pilot: RunSummary | None) -> str:
    if pilot is None or pilot.proven is None:
        return '<p class="bad">The way back has not been rehearsed.</p>'
    hashes = f"before the load {pilot.fingerprint_before}, after the rollback {pilot.fingerprint_after_rollback}"
    return (
        f"<p>Pilot run {pilot.run_id} was taken back; original state: {_verdict(pilot.proven)}.<br>{escape(hashes)}</p>"
    )


def _night(summary: Summary) -> str:
    night = summary.night
    if night is None:
        return '<p class="bad">No night has been compared.</p>'
    figures = (
        f"night {night.night_id} {night.status}: compared {night.compared:,} = matched {night.matched:,} + explained "
        f"{night.explained:,} + broken {night.broken:,}; not compared {night.not_compared:,}"
    )
    return f"<p>{escape(figures)}</p>"
