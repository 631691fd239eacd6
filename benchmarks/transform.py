"""Rows per second of cleansing, mapping and gating an entity of 14 columns, against plain pandas and the Parquet read.

    python benchmarks/transform.py [--rows 1000000] [--rounds 3] [--url postgresql://postgres@127.0.0.1:5432/postgres]

The entity is that of benchmarks/orders, its rows are spoilt as legacy data are (about one cell in twenty needs mending,
one row in fifty must be rejected). Measured are the phases as a run does them, with all that they keep: clean rows,
change log, mapped rows, outcomes, rejects, every check of the gate (the replay of the change log among them) and its
evidence in the ledger. Beside them, in the same rounds: benchmarks/plain_pandas.py, which decides the same by hand on
Python texts, is held to the same result, and checks nothing afterwards; and the bare read of the raw Parquet. `decide`
is cleansing and mapping with its row gates, which is what plain pandas does too. The ratios are those of the medians.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import plain_pandas
import pyarrow as pa
import pyarrow.compute as pc
from throwaway import read_arguments, throwaway_target

from cutover.phases.cleanse import cleanse_entity
from cutover.phases.gate import gate_mapping
from cutover.phases.map import map_entity
from cutover.phases.world import World
from cutover.project.specification import read_specification
from cutover.systems import datasets
from cutover.systems.ledger import register_snapshot
from cutover.systems.staging import Staging

SNAPSHOT, ENTITY, WAVE = "20240630T180000Z", "sales_order", "all"
NOW = datetime(2024, 7, 1, tzinfo=UTC)
PROJECT = Path(__file__).resolve().parent / "orders"
PART = 50_000
CURRENCIES = {"CNY": 0.5, "EUR": 0.22, "USD": 0.22, "RMB": 0.04, "人民币": 0.015, None: 0.005}


def build_rows(first: int, count: int) -> pa.Table:
    """Return raw rows: 14 columns of texts, some in Chinese, some empty, some spoilt; the same for the same numbers."""
    random = np.random.default_rng(first)
    numbers = np.arange(first, first + count)
    days = np.datetime64("2019-01-01") + random.integers(0, 1500, count)
    customers = _digits(random.integers(1, 50_000, count))
    lines = np.where(random.random(count) < 0.005, 0, random.integers(1, 20, count))
    titles = _choice(random, count, {"Order 订单": 0.95, "Auftrag  报价": 0.05})
    rows = {
        "vbeln": pc.utf8_lpad(_digits(numbers), 10, "0"),
        "kunnr": pc.if_else(_some(random, count, 0.05), customers, pc.utf8_lpad(customers, 10, "0")),
        "bukrs": _choice(random, count, {"1000": 0.4, "2000": 0.3, "3000": 0.3}),
        "waerk": _choice(random, count, CURRENCIES),
        "zterm": _choice(random, count, {"0001": 0.2, "Z030": 0.5, "Z060": 0.3}),
        "netwr": _amounts(random, count, 10**7),
        "mwsbp": _amounts(random, count, 10**5),
        "kursf": pc.binary_join_element_wise("1", _digits(random.integers(10_000, 99_999, count)), "."),
        "audat": _dates(random, days, "2024023", 0.005),
        "vdatu": _dates(random, days + random.integers(0, 60, count), "00000000", 0.03),
        "lines": _digits(lines),
        "bstnk": _choice(random, count, {"PO 4711": 0.8, " PO  4712 ": 0.05, "ＰＯ 4713": 0.05, None: 0.1}),
        "title": pc.binary_join_element_wise(titles, _digits(numbers), " "),
        "note": _choice(random, count, {"尽快发货": 0.3, "call before delivery": 0.3, "": 0.4}),
    }
    return pa.table({"_row": pa.array(numbers), **rows})


def _digits(numbers: np.ndarray) -> pa.Array:
    return pa.array(numbers).cast(pa.string())


def _some(random: np.random.Generator, count: int, share: float) -> pa.Array:
    return pa.array(random.random(count) < share)


def _choice(random: np.random.Generator, count: int, shares: dict[str | None, float]) -> pa.Array:
    places = random.choice(len(shares), count, p=list(shares.values()))
    return pa.array(list(shares), pa.string()).take(pa.array(places))


def _amounts(random: np.random.Generator, count: int, limit: int) -> pa.Array:
    whole, cents = _digits(random.integers(0, limit, count)), _digits(random.integers(10, 100, count))
    amounts = pc.binary_join_element_wise(whole, cents, ".")
    return pc.if_else(_some(random, count, 0.05), pc.binary_join_element_wise(amounts, "-", ""), amounts)


def _dates(random: np.random.Generator, days: np.ndarray, spoilt: str, share: float) -> pa.Array:
    texts = pc.replace_substring(pa.array(days.astype("datetime64[D]")).cast(pa.string()), "-", "")
    return pc.if_else(_some(random, len(days), share), spoilt, texts)


def stage(world: World, rows: int) -> None:
    """Write what land would have written."""
    raw = datasets.raw(SNAPSHOT, world.specification.mapping(ENTITY).source)
    for part, first in enumerate(range(0, rows, PART)):
        world.staging.write_part(raw, part, build_rows(first, min(PART, rows - first)))
    world.staging.seal(raw, {"rows": rows})
    with world.target.begin() as connection:
        connection.exec_driver_sql(world.specification.sql("target"))
        register_snapshot(connection, SNAPSHOT, NOW, {})


def read_raw(world: World) -> None:
    """Read every part of the raw rows, and do nothing with them."""
    for _ in world.staging.read_parts(datasets.raw(SNAPSHOT, world.specification.mapping(ENTITY).source)):
        pass


def result(world: World) -> tuple[int, Decimal]:
    """Return how many rows would load, and their net amount."""
    count, net = 0, Decimal(0)
    for index, outcome in world.staging.read_parts(datasets.outcome(SNAPSHOT, ENTITY)):
        loaded = outcome["_row"].filter(pc.equal(outcome["outcome"], "loaded"))
        mapped = world.staging.read_part(datasets.mapped(SNAPSHOT, ENTITY), index, ["_row", "net"])
        standing = mapped.filter(pc.is_in(mapped["_row"], value_set=loaded.combine_chunks()))
        count, net = count + len(standing), net + (pc.sum(standing["net"]).as_py() or 0)
    return count, net


def measure(work: Callable[[], object]) -> float:
    """Return the seconds that work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def run_rounds(world: World, rows: int, rounds: int) -> dict[str, list[float]]:
    """Measure each way in turns, so that all see the same machine; returns its seconds per round."""
    raw = datasets.raw(SNAPSHOT, world.specification.mapping(ENTITY).source)
    plain: list[tuple[int, Decimal]] = []
    ways: dict[str, Callable[[], object]] = {
        "read": lambda: read_raw(world),
        "plain": lambda: plain.append(plain_pandas.transform(world.staging, raw)),
        "cleanse": lambda: cleanse_entity(world, SNAPSHOT, ENTITY),
        "map": lambda: map_entity(world, SNAPSHOT, ENTITY),
        "gate": lambda: gate_mapping(world, SNAPSHOT, WAVE),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for layer in (datasets.clean, datasets.outcome):
            world.staging.clear(layer(SNAPSHOT, ENTITY))
        for name, way in ways.items():
            seconds[name].append(measure(way))
        if plain[-1] != result(world):
            raise SystemExit(f"plain pandas would load {plain[-1]}, the phases {result(world)}: not the same work")
        print("  ".join(f"{name} {times[-1]:.2f} s" for name, times in seconds.items()), flush=True)
    return seconds


def show(rows: int, seconds: dict[str, list[float]]) -> None:
    """Print rows per second of each way, and the ratios."""
    median = {name: statistics.median(times) for name, times in seconds.items()}
    decided = median["cleanse"] + median["map"]
    ways = {**median, "decide": decided, "cleanse + map + gate": decided + median["gate"]}
    for name, took in ways.items():
        print(f"{name:22}{took:8.2f} s{rows / took:14,.0f} rows/s")
    for name in ("decide", "cleanse + map + gate"):
        print(f"{name}: {ways['plain'] / ways[name]:.2f} x plain pandas, {ways['read'] / ways[name]:.3f} x the read")


def main(rows: int, rounds: int, url: str | None) -> None:
    """Stage the rows, measure, print, and remove everything."""
    with throwaway_target(url) as target, tempfile.TemporaryDirectory(prefix="cutover-benchmark-") as folder:
        world = World(read_specification(PROJECT), Staging(folder), lambda _: target, lambda: NOW)
        try:
            stage(world, rows)
            print(f"{rows:,} rows of 14 columns, {PART:,} a part")
            show(rows, run_rounds(world, rows, rounds))
        finally:
            world.target.dispose()


if __name__ == "__main__":
    chosen = read_arguments(__doc__)
    main(chosen.rows, chosen.rounds, chosen.url)
