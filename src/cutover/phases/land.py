"""Land: read every feed of the legacy systems once, read-only, and keep it as a sealed snapshot.

A snapshot is consistent per system: all feeds of a database come from one transaction. A land that was killed
goes on where it stopped when the database still is at the same instant; else it reads the database anew. Whether it
still is, a database has to prove: docs/databases.md says which can.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as ReadOnly
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from cutover.errors import CutoverError, InputError, NotConserved, SourceError, SpecificationError
from cutover.phases.quarantine.ragged import stage_ragged
from cutover.phases.snapshots import new_snapshot
from cutover.phases.world import Step, World
from cutover.project.columns import check_columns
from cutover.project.model import Mapping
from cutover.project.reading import stop_on
from cutover.project.specification import Specification
from cutover.systems import datasets
from cutover.systems.datasets import feed_name
from cutover.systems.sources import Feed, Legacy, Reading, open_legacy, read_feed
from cutover.systems.sources.feed import Counted
from cutover.systems.sources.measure import Measure, measure
from cutover.systems.sources.throttle import throttle
from cutover.systems.staging import Dataset

SNAPSHOT = "_snapshot"
_RESERVED = ("_row", "_key", "_id")


@dataclass(frozen=True)
class Opened:
    """A feed that is open for reading, and the system and instant it is read from."""

    feed: Feed
    legacy: Legacy
    reading: Reading
    read_at: datetime


def land(
    world: World,
    *,
    batch_rows: int = 50_000,
    feeds: Sequence[str] | None = None,
    snapshot: str | None = None,
    statement_timeout: int | None = None,
) -> str:
    """Land feeds as one snapshot and seal it; returns its id, which begins with its time.

    feeds: names of feeds, all of the specification when absent.
    snapshot: one to begin under this id, or to go on with. statement_timeout: seconds for one statement on a database.

    Raises:
        InputError: there is no such feed, or the snapshot is sealed without it.
        SpecificationError: a mapping names a column that its source does not have; nothing is landed.
        SourceError: a source cannot be read as declared; nothing of that feed is landed.
        ConnectionLost: a system does not answer.
        NotConserved: the rows that were read differ from what the database counted.
    """
    wanted = _choose(feeds_of(world.specification), feeds)
    snapshot = snapshot or new_snapshot(world)
    sealed = world.staging.manifest(Dataset(snapshot, "raw", SNAPSHOT))
    if sealed is not None:
        return _require_feeds(snapshot, sealed, wanted)
    with ExitStack() as stack:
        for opened in _open_feeds(world, snapshot, wanted, stack, statement_timeout):
            _land_feed(world, Dataset(snapshot, "raw", opened.feed.name), opened, batch_rows)
    _seal(world, snapshot, wanted)
    return snapshot


def feeds_of(specification: Specification) -> dict[str, Feed]:
    """Return the feeds of all mappings by name; entities that share one must declare it alike.

    Raises:
        SpecificationError: two mappings declare different types for a column of the same feed.
    """
    feeds: dict[str, Feed] = {}
    for mapping in specification.mappings.values():
        name = feed_name(mapping.source)
        if name not in feeds:
            text = specification.sql(mapping.source.extract) if mapping.source.extract else None
            feeds[name] = Feed(name, mapping.source, dict(mapping.source.columns), text)
        else:
            feeds[name] = _joined(feeds[name], mapping)
    return feeds


def _joined(feed: Feed, mapping: Mapping) -> Feed:
    if feed.source.file != mapping.source.file:
        raise SpecificationError(
            f"mappings/{mapping.entity}.yaml declares the file of feed {feed.name!r} otherwise than another mapping",
            fix="declare the file alike in all mappings that read it",
        )
    for column, data_type in mapping.source.columns.items():
        if feed.columns.get(column, data_type) != data_type:
            raise SpecificationError(
                f"mappings/{mapping.entity}.yaml declares {column!r} of feed {feed.name!r} as {data_type}, "
                f"another mapping as {feed.columns[column]}",
                fix="declare a column alike in all mappings that read it",
            )
    return Feed(feed.name, feed.source, {**feed.columns, **mapping.source.columns}, feed.sql)


def describe(world: World) -> dict[str, list[str]]:
    """Ask every source for its columns, without landing anything: entity -> columns.

    Raises:
        SourceError: a source is not there. ConnectionLost: a system does not answer.
    """
    feeds = feeds_of(world.specification)
    with ExitStack() as stack:
        legacy = {
            system: _open(world, system, stack, None) for system in {feed.source.system for feed in feeds.values()}
        }
        columns = {name: read_feed(legacy[feed.source.system], feed).schema.names for name, feed in feeds.items()}
    return {entity: columns[feed_name(mapping.source)] for entity, mapping in world.specification.mappings.items()}


def _choose(feeds: dict[str, Feed], names: Sequence[str] | None) -> dict[str, Feed]:
    for name in names or ():
        if name not in feeds:
            raise InputError(f"there is no feed {name!r}", fix=f"use some of {', '.join(feeds)}")
    return {name: feed for name, feed in feeds.items() if names is None or name in names}


def _require_feeds(snapshot: str, sealed: dict[str, Any], wanted: Iterable[str]) -> str:
    missing = [name for name in wanted if name not in sealed["feeds"]]
    if missing:
        raise InputError(
            f"snapshot {snapshot} is sealed and does not hold {', '.join(missing)}", fix="land a new snapshot"
        )
    return snapshot


def _open_feeds(
    world: World, snapshot: str, wanted: dict[str, Feed], stack: ExitStack, timeout: int | None
) -> list[Opened]:
    """Open the feeds that are still to be landed, all of them before the first row is read."""
    landed = {name: found for name in wanted if (found := _landed(world, snapshot, wanted[name])) is not None}
    opened, objects = [], {}
    for system in sorted({feed.source.system for feed in wanted.values()}):
        of_system = {name: feed for name, feed in wanted.items() if feed.source.system == system}
        instants = {landed[name]["instant"] for name in of_system if name in landed}
        if len(instants) == 1 and all(name in landed for name in of_system):
            continue
        legacy, read_at = _open(world, system, stack, timeout), world.now()
        objects[system] = legacy.objects()
        for name, feed in of_system.items():
            if name not in landed or landed[name]["instant"] != legacy.instant:
                opened.append(Opened(feed, legacy, _throttled(world, system, read_feed(legacy, feed)), read_at))
    _check_names(opened)
    known = {name: [column["name"] for column in found["columns"]] for name, found in landed.items()}
    known.update({each.feed.name: each.reading.schema.names for each in opened})
    stop_on(check_columns(world.specification, _by_entity(world.specification, known)))
    for system, names in objects.items():
        world.staging.seal(datasets.catalogue(snapshot, system), {"objects": names})
    return opened


def _throttled(world: World, system: str, reading: Reading) -> Reading:
    limit = world.specification.project.systems[system].rows_per_second
    if limit is None:
        return reading
    return replace(reading, blocks=throttle(reading.blocks, limit, world.now, world.wait))


def _landed(world: World, snapshot: str, feed: Feed) -> dict[str, Any] | None:
    """Return the manifest of a feed that was landed whole, as it is declared now."""
    manifest = world.staging.manifest(Dataset(snapshot, "raw", feed.name))
    return manifest if manifest is not None and manifest["declared"] == _declared(feed) else None


def _declared(feed: Feed) -> dict[str, Any]:
    columns = {name: str(data_type) for name, data_type in sorted(feed.columns.items())}
    return feed.source.model_dump(mode="json", exclude={"columns"}) | {"columns": columns, "sql": feed.sql}


def _open(world: World, system: str, stack: ExitStack, timeout: int | None) -> Legacy:
    connection = world.connect(world.specification.project.systems[system].connection)
    return stack.enter_context(open_legacy(connection, timeout=timeout))


def _check_names(opened: Iterable[Opened]) -> None:
    for each in opened:
        for name in _RESERVED:
            if name in each.reading.schema.names:
                raise SourceError(
                    f"{each.feed.name} has a column {name!r}, a name that staging uses itself",
                    fix="give it another name by an extract or in the file",
                )


def _by_entity(specification: Specification, columns: ReadOnly[str, list[str]]) -> dict[str, list[str]]:
    named = {entity: feed_name(mapping.source) for entity, mapping in specification.mappings.items()}
    return {entity: columns[feed] for entity, feed in named.items() if feed in columns}


def _land_feed(world: World, dataset: Dataset, opened: Opened, batch_rows: int) -> None:
    world.staging.clear(dataset)
    reading, feed = opened.reading, opened.feed
    ragged = datasets.ragged(dataset.snapshot, feed.source)
    world.staging.clear(ragged)
    counted = reading.count()
    total = counted.rows if counted else None
    measured, parts = Measure(), 0
    try:
        for rows in _number(_cut(reading, batch_rows)):
            world.staging.write_part(dataset, parts, rows)
            measured, parts = measured + measure(rows, feed.columns), parts + 1
            world.progress(Step("land", feed.name, measured.rows, total))
        if counted is not None:
            _compare(counted, measured, feed)
    except CutoverError:
        world.staging.clear(dataset)
        raise
    if reading.ragged:
        stage_ragged(world, ragged, reading.ragged)
    world.staging.seal(dataset, _manifest(opened, measured, parts))
    world.progress(Step("land", feed.name, measured.rows, measured.rows))


def _cut(reading: Reading, batch_rows: int) -> Iterator[pa.Table]:
    """Yield tables of `batch_rows` rows, the last of the rest; one empty table when there are no rows."""
    pending: list[pa.Table] = []
    held, yielded = 0, False
    for block in reading.blocks:
        pending.append(block)
        held += len(block)
        while held >= batch_rows:
            whole = pa.concat_tables(pending)
            yield whole.slice(0, batch_rows)
            pending, held, yielded = [whole.slice(batch_rows)], held - batch_rows, True
    if held or not yielded:
        yield pa.concat_tables([reading.schema.empty_table(), *pending])


def _number(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    first = 0
    for rows in tables:
        numbers = pa.array(range(first, first + len(rows)), pa.int64())
        yield rows.add_column(0, "_row", numbers).combine_chunks()
        first += len(rows)


def _compare(counted: Counted, measured: Measure, feed: Feed) -> None:
    differing = [name for name, total in counted.totals.items() if measured.rows and measured.totals[name] != total]
    if counted.rows != measured.rows or differing:
        raise NotConserved(
            f"{feed.name}: the database counts {counted.rows} rows, {measured.rows} were read; "
            f"totals differ in: {', '.join(differing) or 'no column'}",
            fix="run land again; if it recurs, the database does not keep one instant for a transaction",
        )


def _manifest(opened: Opened, measured: Measure, parts: int) -> dict[str, Any]:
    reading = opened.reading
    return measured.as_manifest() | {
        "feed": opened.feed.name,
        "system": opened.feed.source.system,
        "declared": _declared(opened.feed),
        "columns": [{"name": field.name, "type": str(field.type)} for field in reading.schema],
        "parts": parts,
        "files": reading.files,
        "notes": reading.notes,
        "ragged": len(reading.ragged),
        "instant": opened.legacy.instant,
        "read_at": opened.read_at.astimezone(UTC).isoformat(),
    }


def _seal(world: World, snapshot: str, wanted: Iterable[str]) -> None:
    feeds = {name: world.staging.require(Dataset(snapshot, "raw", name), phase="land") for name in wanted}
    manifest = {
        "snapshot": snapshot,
        "taken_at": min((manifest["read_at"] for manifest in feeds.values()), default=world.now().isoformat()),
        "spec_sha256": world.specification.sha256,
        "feeds": feeds,
    }
    world.staging.seal(Dataset(snapshot, "raw", SNAPSHOT), manifest)
