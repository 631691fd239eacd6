"""The names and shapes of the staged datasets: the contract between the phases.

Every dataset of an entity has the same parts, cut by row number: part 7 of `clean`, `outcome` and `mapped`
speak of the same source rows, and one such part is one batch of a load. Frames carry their bookkeeping in columns that
start with an underscore:

    _row   the row's number in its feed, from 0, the identity of a source row in its snapshot
    _key   the source key: the cleansed key columns joined by `|`; null when a part of it is empty
    _id    the target key reserved for the row (for a merged row: its survivor's); null in tables without an identity

    raw       one dataset per feed: _row and the source columns as landed
    catalogue one manifest per legacy system: all its objects, when the snapshot was taken
    ragged    one dataset per feed of files: _row, _key (its file and line), reason and text of every row that cannot be
              read as declared; it has its number in raw, and no values there
    clean     _row, _key and the source columns, cleansed and typed
    changes   the change log: _row, column, rule, before, after, mode (auto, approved), approver
    proposals what waits for a steward: _row, key (as landed), column, rule, before, after
    survivorship survivor, member (rows), member_key, column, value, won, rule: every value of every merged record
    identities _row, _key, _id, outcome: the target key of every row that may move, and what was decided of all before
              they are filled (`loaded` where nothing was)
    mapped    _row, _key, _id and the target columns, of every row that could be mapped (also of rows rejected later on)
    further   one dataset per `also` entry, named entity.RULE: _row, _id and the target columns of the further rows
    outcome   one line per source row: _row, _key, _id, outcome, survivor, rule, reason
    rejects   _row, rule, column, reason, severity: every rule that a rejected row broke
    selection the rows of a pilot run: _row
"""

import pyarrow as pa

from cutover.project.model import Excel, Json, Mapping, Source
from cutover.systems.staging import Dataset

OUTCOMES = ("loaded", "merged", "dropped", "rejected")
OUTCOME = pa.schema(
    [
        ("_row", pa.int64()),
        ("_key", pa.string()),
        ("_id", pa.int64()),
        ("outcome", pa.string()),
        ("survivor", pa.string()),
        ("rule", pa.string()),
        ("reason", pa.string()),
    ]
)
REJECTS = pa.schema(
    [
        ("_row", pa.int64()),
        ("rule", pa.string()),
        ("column", pa.string()),
        ("reason", pa.string()),
        ("severity", pa.string()),
    ]
)
RAGGED = pa.schema([("_row", pa.int64()), ("_key", pa.string()), ("reason", pa.string()), ("text", pa.string())])
REFUSED = pa.schema(
    [
        ("_row", pa.int64()),
        ("rule", pa.string()),
        ("column", pa.string()),
        ("reason", pa.string()),
        ("constraint", pa.string()),
        ("_key", pa.string()),
    ]
)


def feed_name(source: Source) -> str:
    """Name the feed of a source; entities that read the same table or file share one feed and its raw dataset."""
    file = source.file
    if file is None:
        return f"{source.system}.{source.table or source.extract}"
    place = file.path
    if isinstance(file, Excel):
        place = _place_of_sheets(file)
    elif isinstance(file, Json):
        # No sign of equality: a folder called a=b is a partition to those who read Parquet.
        wanted = (part for pair in file.where.items() for part in pair)
        place = ".".join(filter(None, (file.path, file.records, *wanted)))
    return f"{source.system}.{place}".replace("*", "all").replace("?", "any").replace("/", ".")


def _place_of_sheets(excel: Excel) -> str:
    # One sheet may hold several tables, each a feed of its own.
    names = "+".join(sheet.name for sheet in excel.sheets) or excel.sheet or "1"
    corner = (excel.first_column or "") + (str(excel.header_row) if excel.header_row > 1 or excel.first_column else "")
    return ".".join(filter(None, (excel.path, names, corner)))


def catalogue(snapshot: str, system: str) -> Dataset:
    """Name the list of everything that a legacy system holds, whether it moves or not: `objects` of its manifest."""
    return Dataset(snapshot, "catalogue", system)


def raw(snapshot: str, source: Source) -> Dataset:
    """Name the landed rows of a source."""
    return Dataset(snapshot, "raw", feed_name(source))


def ragged(snapshot: str, source: Source) -> Dataset:
    """Name the rows of a feed of files that cannot be read as declared."""
    return Dataset(snapshot, "ragged", feed_name(source))


def clean(snapshot: str, entity: str) -> Dataset:
    """Name the cleansed and typed rows of an entity."""
    return Dataset(snapshot, "clean", entity)


def changes(snapshot: str, entity: str) -> Dataset:
    """Name the change log of an entity."""
    return Dataset(snapshot, "changes", entity)


def proposals(snapshot: str, entity: str) -> Dataset:
    """Name what the cleansing of an entity proposes and nobody decided yet."""
    return Dataset(snapshot, "proposals", entity)


def survivorship(snapshot: str, entity: str) -> Dataset:
    """Name the values of merged records: which won, which lost, and whose they were."""
    return Dataset(snapshot, "survivorship", entity)


def mapped(snapshot: str, entity: str) -> Dataset:
    """Name the target-shaped rows of an entity's own table."""
    return Dataset(snapshot, "mapped", entity)


def further(snapshot: str, mapping: Mapping) -> list[Dataset]:
    """Name the target-shaped rows of an entity's further tables, in the order of `also`."""
    return [Dataset(snapshot, "further", f"{mapping.entity}.{split.rule}") for split in mapping.also]


def identities(snapshot: str, entity: str) -> Dataset:
    """Name the target keys of an entity's rows."""
    return Dataset(snapshot, "identities", entity)


def outcome(snapshot: str, entity: str) -> Dataset:
    """Name the outcomes of an entity's source rows."""
    return Dataset(snapshot, "outcome", entity)


def rejects(snapshot: str, entity: str) -> Dataset:
    """Name the broken rules of an entity's rejected rows."""
    return Dataset(snapshot, "rejects", entity)


def selection(snapshot: str, run_id: int, entity: str) -> Dataset:
    """Name the rows that a pilot run moves."""
    return Dataset(snapshot, f"selection-{run_id}", entity)


def target_keys(snapshot: str, mapping: Mapping) -> tuple[Dataset, str]:
    """Name where the target keys of an entity's rows are staged, and their column, which is null for other rows.

    A generated key stands in the outcomes; an entity without one is named by the only column of its key.
    """
    if mapping.target.id is not None:
        return outcome(snapshot, mapping.entity), "_id"
    return mapped(snapshot, mapping.entity), mapping.target.key[0]
