"""The page of a profile: one HTML file, its plots drawn as SVG in it, nothing from outside."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from cutover.core.defects import DEFECTS
from cutover.core.profiles import ColumnProfile, NumberProfile

_STYLE = """
body { font: 14px/1.5 system-ui, "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif; color: #1c2733;
       margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2.2rem; border-top: 1px solid #dde3ea; padding-top: 1rem }
table { border-collapse: collapse }
td, th { padding: .15rem .6rem; border-bottom: 1px solid #e8ecf1; text-align: right }
th:first-child, td:first-child { text-align: left } td { white-space: pre; max-width: 26rem;
overflow: hidden; text-overflow: ellipsis } .sides { display: flex; flex-wrap: wrap; gap: 2rem } .bad { color: #b42318 }
svg { background: #f6f8fa } rect { fill: #4f7cac } .quiet { color: #5b6b7b }
h3 { font-size: .95rem; margin: .6rem 0 .2rem }
"""
_WIDTH, _HEIGHT = 360, 90
_WIDEST_BAR = 30
_LONGEST = 80


def build_page(entity: str, title: str, snapshot: str, feed: str, columns: Sequence[ColumnProfile]) -> str:
    """Return the page: an overview of all columns, then one section for each."""
    rows = columns[0].rows if columns else 0
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="quiet">{escape(entity)}: {rows:,} rows of {escape(feed)}, snapshot {escape(snapshot)}, '
        f"{len(columns)} columns</p>",
        _overview(columns),
        *(_section(place, column) for place, column in enumerate(columns)),
    ]
    head = f'<meta charset="utf-8"><title>{escape(entity)}: profile</title><style>{_STYLE}</style>'
    return f"<!doctype html><html><head>{head}</head><body>{''.join(body)}</body></html>"


def _overview(columns: Sequence[ColumnProfile]) -> str:
    head = ["column", "filled", "", "distinct", "least", "greatest", "length", "suspected"]
    return _table(head, (_line(place, column) for place, column in enumerate(columns)))


def _line(place: int, column: ColumnProfile) -> list[str]:
    filled = column.rows - column.nulls - column.blanks
    share = filled / column.rows if column.rows else 0
    lengths = sorted(column.lengths)
    span = f"{lengths[0]} to {lengths[-1]}" if lengths else "-"
    bar = f'<svg width="80" height="10"><rect width="{80 * share:.1f}" height="10"/></svg>'
    link = f'<a href="#c{place}">{escape(column.name)}</a>'
    suspects = " ".join(
        f'<span class="bad" title="{escape(DEFECTS[name].name)}">{name}</span>' for name in column.suspects
    )
    return [
        link,
        f"{share:.1%}",
        bar,
        f"{column.distinct:,}",
        *map(_cut, (column.least, column.greatest)),
        span,
        suspects,
    ]


def _section(place: int, column: ColumnProfile) -> str:
    hidden = ' <span class="quiet">personal data: shapes only</span>' if column.is_hidden else ""
    figures = (
        f"{column.rows:,} rows, {column.nulls:,} without a value, {column.blanks:,} blank, {column.distinct:,} distinct"
    )
    sides = [
        _titled("Lengths", _bars(column.lengths)),
        _numbers(column.numbers) if column.numbers else "",
        _titled("Shapes", _counts(column.masks, column.rows)),
        _titled("Most frequent", _most_frequent(column)) if column.top else "",
        _titled("Suspected defects", _suspects(column)) if column.suspects else "",
    ]
    return (
        f'<h2 id="c{place}">{escape(column.name)}{hidden}</h2><p>{figures}</p><div class="sides">{"".join(sides)}</div>'
    )


def _titled(title: str, content: str) -> str:
    return f"<div><h3>{title}</h3>{content}</div>"


def _numbers(numbers: NumberProfile) -> str:
    told = f"{escape(numbers.least)} to {escape(numbers.greatest)}, median {escape(numbers.median)}"
    outliers = f', <span class="bad">{numbers.outliers:,} far out</span>' if numbers.outliers else ""
    return _titled("Numbers", f"{_bars(dict(enumerate(numbers.bins)), axis=False)}<p>{told}{outliers}</p>")


def _bars(counts: Mapping[int, int], *, axis: bool = True) -> str:
    """Draw counts by their number, from the lowest to the highest; a gap is a gap."""
    if not counts:
        return '<p class="quiet">no values</p>'
    first, last = min(counts), max(counts)
    step, highest = min(_WIDTH / (last - first + 1), _WIDEST_BAR), max(*counts.values(), 1)
    bars = "".join(
        f'<rect x="{(at - first) * step:.2f}" y="{_HEIGHT - _HEIGHT * count / highest:.2f}" '
        f'width="{max(step * 0.9, 0.6):.2f}" height="{_HEIGHT * count / highest:.2f}">'
        f"<title>{at}: {count:,}</title></rect>"
        for at, count in counts.items()
        if count
    )
    labels = f'<p class="quiet">{first} to {last}</p>' if axis else ""
    return f'<svg width="{_WIDTH}" height="{_HEIGHT}">{bars}</svg>{labels}'


def _counts(lines: Iterable[tuple[str, int]], rows: int) -> str:
    return _table(["text", "rows", "share"], ([_cut(text), f"{n:,}", f"{n / rows:.1%}"] for text, n in lines))


def _most_frequent(column: ColumnProfile) -> str:
    several = [(text, count) for text, count in column.top if count > 1]
    return _counts(several, column.rows) if several else '<p class="quiet">every value stands there once</p>'


def _suspects(column: ColumnProfile) -> str:
    lines = ([f"{name} {escape(DEFECTS[name].name)}", f"{count:,}"] for name, count in column.suspects.items())
    return _table(["defect", "rows"], lines)


def _cut(text: str | None) -> str:
    if text is None:
        return '<span class="quiet">-</span>'
    return escape(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>{lines}</table>"
