"""The entity of benchmarks/orders cleansed, mapped and gated as one does it by hand: pandas, texts as Python objects.

The same decisions and the same data kept: clean rows, a log of changed cells, mapped rows, and what became of each row.
Nothing is proposed, replayed, or checked against the target, which makes it less work than that of the phases.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.systems.staging import Dataset, Staging

TERMS = {"0001": "NET0", "Z030": "NET30", "Z060": "NET60"}
CURRENCIES = {"CNY": "CNY", "EUR": "EUR", "USD": "USD"}
COPIED = {"kunnr": "customer_no", "bukrs": "company", "bstnk": "reference", "title": "title", "note": "note"}
NUMBERS = {"netwr": "net", "mwsbp": "tax", "kursf": "rate"}
DATES = {"audat": "ordered_on", "vdatu": "wanted_on"}
SCHEMA = pandera.DataFrameSchema(
    {
        "order_no": pandera.Column(object, pandera.Check.str_length(max_value=20)),
        "customer_no": pandera.Column(
            object, [pandera.Check.str_length(max_value=10), pandera.Check.str_matches(r"^[0-9]{10}$")]
        ),
        "company": pandera.Column(
            object, [pandera.Check.str_length(max_value=4), pandera.Check.isin(["1000", "2000", "3000"])]
        ),
        "currency": pandera.Column(object, pandera.Check.str_length(max_value=3)),
        "payment_term": pandera.Column(object, pandera.Check.str_length(max_value=10)),
        "net": pandera.Column(object),
        "tax": pandera.Column(object),
        "rate": pandera.Column(object, pandera.Check.ge(Decimal("0.00001"))),
        "ordered_on": pandera.Column("datetime64[s]"),
        "wanted_on": pandera.Column("datetime64[s]", nullable=True),
        "lines": pandera.Column("Int64", pandera.Check.in_range(1, 999)),
        "reference": pandera.Column(object, pandera.Check.str_length(max_value=40), nullable=True),
        "title": pandera.Column(object, pandera.Check.str_length(max_value=80)),
        "note": pandera.Column(object, pandera.Check.str_length(max_value=200), nullable=True),
    },
    pandera.Check(
        lambda rows: rows["wanted_on"].isna() | rows["ordered_on"].isna() | (rows["wanted_on"] >= rows["ordered_on"])
    ),
    index=pandera.Index(int),
)


def transform(staging: Staging, raw: Dataset) -> tuple[int, Decimal]:
    """Cleanse, map and gate every part of a staged feed; returns how many rows would load, and their net amount."""
    seen: list[pd.Series] = []
    fallen: list[pd.Index] = []
    nets: list[pd.Series] = []
    for index, frame in _frames(staging, raw):
        clean = cleanse(frame)
        mapped, failed = map_rows(clean)
        bad = failed.union(gate(mapped.drop(failed)))
        outcome = pd.DataFrame({"outcome": "loaded"}, index=frame.index).astype(object)
        outcome.loc[bad, "outcome"] = "rejected"
        kept = {"clean": clean, "changes": log_changes(frame, clean), "mapped": mapped, "outcome": outcome}
        for layer, rows in kept.items():
            staging.write_part(
                Dataset(raw.snapshot, f"plain-{layer}", "sales_order"), index, pa.Table.from_pandas(rows)
            )
        seen.append(mapped["order_no"])
        nets.append(mapped["net"].drop(bad))
        fallen.append(bad)
    numbers, net = pd.concat(seen), pd.concat(nets)
    twice = numbers.index[numbers.duplicated(keep=False)]
    net = net.drop(twice, errors="ignore")
    return len(net), sum(net, Decimal(0))


def _frames(staging: Staging, raw: Dataset) -> Iterator[tuple[int, pd.DataFrame]]:
    for index, rows in staging.read_parts(raw):
        numbers, *columns = (column.to_numpy() for column in rows.columns)
        named = zip(rows.column_names[1:], columns, strict=True)
        yield index, pd.DataFrame({name: pd.Series(texts, numbers, object) for name, texts in named})


def cleanse(frame: pd.DataFrame) -> pd.DataFrame:
    """Mend the texts of a part."""
    clean = frame.copy()
    clean["kunnr"] = frame["kunnr"].str.zfill(10)
    clean["waerk"] = frame["waerk"].replace({"RMB": "CNY", "人民币": "CNY"})
    for name in ("netwr", "mwsbp"):
        clean[name] = frame[name].where(~frame[name].str.endswith("-"), "-" + frame[name].str[:-1])
    for name in ("audat", "vdatu"):
        clean[name] = frame[name].where(frame[name] != "00000000", None)
    for name in ("bstnk", "title"):
        clean[name] = frame[name].str.normalize("NFKC").str.replace(r"\s+", " ", regex=True).str.strip()
    clean["note"] = frame["note"].where(frame["note"] != "", None)
    return clean


def log_changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return one line per changed cell."""
    lines = []
    for name in before.columns:
        changed = (before[name] != after[name]) & ~(before[name].isna() & after[name].isna())
        cells = {"column": name, "before": before.loc[changed, name], "after": after.loc[changed, name]}
        lines.append(pd.DataFrame(cells))
    return pd.concat(lines)


def map_rows(clean: pd.DataFrame) -> tuple[pd.DataFrame, pd.Index]:
    """Return the target-shaped rows of a part, and those that a rule could not fill."""
    columns: dict[str, pd.Series] = {"order_no": clean["vbeln"].str.lstrip("0")}
    columns |= {target: clean[source] for source, target in COPIED.items()}
    columns["currency"] = clean["waerk"].map(CURRENCIES)
    columns["payment_term"] = clean["zterm"].map(TERMS)
    columns |= {target: clean[source].map(_decimal) for source, target in NUMBERS.items()}
    columns |= {target: _dates(clean[source]) for source, target in DATES.items()}
    columns["lines"] = pd.to_numeric(clean["lines"], errors="coerce").astype("Int64")
    unread = pd.Series(False, index=clean.index)
    for source, target in {**NUMBERS, **DATES, "waerk": "currency", "zterm": "payment_term"}.items():
        unread |= clean[source].notna() & columns[target].isna()
    return pd.DataFrame(columns)[list(SCHEMA.columns)], clean.index[unread]


def _decimal(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text is not None else None
    except InvalidOperation:
        return None


def _dates(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, format="%Y%m%d", errors="coerce").astype("datetime64[s]")


def gate(mapped: pd.DataFrame) -> pd.Index:
    """Return the rows that break a check."""
    try:
        SCHEMA.validate(mapped, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return pd.Index(errors.failure_cases["index"].dropna().unique())
    return mapped.index[:0]
