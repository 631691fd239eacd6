"""The mapping workbook with what the latest snapshot tells: fill rates, samples, and the codes that occur."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from cutover.core.cells import MASKED
from cutover.errors import InputError
from cutover.phases.coverage import undecided_columns
from cutover.phases.pages.masking import personal_columns
from cutover.phases.snapshots import latest_snapshot
from cutover.phases.world import World
from cutover.project.crosswalk import Crosswalk
from cutover.project.mapping_workbook.book import write_book
from cutover.project.mapping_workbook.pages import Figure, Figures, build_pages
from cutover.project.model import Currency, Mapping, located_fields
from cutover.systems import datasets
from cutover.systems.setwise import SetWise, open_setwise, quote
from cutover.systems.staging import Dataset

_SAMPLE = 40


def write_mapping_workbook(world: World) -> bytes:
    """Return the mapping workbook of a project as an .xlsx file, with the latest snapshot's figures if there is one."""
    return write_book(build_pages(world.specification, read_figures(world)))


def read_figures(world: World) -> Figures:
    """Ask the latest snapshot what the source columns hold, cleansed where that is done; empty without a snapshot.

    Samples of personal data keep their shape only: x for a letter, 0 for a digit.
    """
    try:
        snapshot = latest_snapshot(world)
    except InputError:
        return Figures()
    columns: dict[str, dict[str, Figure]] = {}
    codes: dict[str, Counter[tuple[str, ...]]] = {}
    undecided: dict[str, list[str]] = {}
    with open_setwise(world.staging) as frames:
        for entity, mapping in world.specification.mappings.items():
            manifest = world.staging.manifest(datasets.raw(snapshot, mapping.source))
            if manifest is None:
                continue
            types = {column["name"]: str(column["type"]) for column in manifest["columns"]}
            names = list(types)
            undecided[entity] = undecided_columns(mapping, names)
            dataset = _dataset(world, snapshot, mapping)
            personal = personal_columns(mapping)
            columns[entity] = _columns(frames, dataset, types, personal)
            for crosswalk, sources in _translated(mapping):
                if set(sources) <= set(names):
                    found = _codes(frames, dataset, sources)
                    if personal & {name.casefold() for name in sources}:
                        found = _known(found, world.specification.crosswalks[crosswalk])
                    codes.setdefault(crosswalk, Counter()).update(found)
    return Figures(snapshot, columns, codes, undecided)


def _dataset(world: World, snapshot: str, mapping: Mapping) -> Dataset:
    clean = datasets.clean(snapshot, mapping.entity)
    return clean if world.staging.manifest(clean) is not None else datasets.raw(snapshot, mapping.source)


def _columns(frames: SetWise, dataset: Dataset, types: dict[str, str], personal: frozenset[str]) -> dict[str, Figure]:
    """Return the figures of source columns.

    types: column -> its type as landed. personal: names of columns with personal data, in lower case.
    """
    names = list(types)
    filled = [f"nullif({quote(name)}::varchar, '')" for name in names]
    parts = [f"count({text}), arg_min({text}, _row) filter ({text} is not null)" for text in filled]
    row = frames.select(f"select count(*), {', '.join(parts)} from rows", rows=dataset)
    total, *figures = (column[0].as_py() for column in row.columns)
    return {
        name: replace(_figure(count, total, sample, masked=name.casefold() in personal), type=types[name])
        for name, count, sample in zip(names, figures[::2], figures[1::2], strict=True)
    }


def _figure(count: int, total: int, sample: str | None, *, masked: bool) -> Figure:
    # Rounded down: 100 % means every row.
    share = f"{count * 1000 // total / 10:g} %" if total else "no rows"
    shown = None if sample is None else (_mask(sample) if masked else sample)[:_SAMPLE]
    return Figure(share, shown)


def _mask(text: str) -> str:
    return "".join("0" if letter.isdigit() else "x" if letter.isalpha() else letter for letter in text)


def _translated(mapping: Mapping) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each crosswalk of a mapping with the columns whose codes it translates."""
    for _, rule in located_fields(mapping):
        # A rate is not looked up by a code of the data alone.
        if not isinstance(rule, Currency):
            yield from ((crosswalk, rule.looked_up()) for _, crosswalk in rule.crosswalks())


def _codes(frames: SetWise, dataset: Dataset, sources: tuple[str, ...]) -> Counter[tuple[str, ...]]:
    texts = [f"nullif({quote(name)}::varchar, '')" for name in sources]
    there = " and ".join(f"{text} is not null" for text in texts)
    places = ", ".join(str(index) for index, _ in enumerate(texts, 1))
    sql = f"select {', '.join(texts)}, count(*) from rows where {there} group by {places}"
    found = frames.select(sql, rows=dataset)
    lines = zip(*(column.to_pylist() for column in found.columns), strict=True)
    return Counter({tuple(code): count for *code, count in lines})


def _known(codes: Counter[tuple[str, ...]], crosswalk: Crosswalk) -> Counter[tuple[str, ...]]:
    """Return the codes that a crosswalk holds already, and all others, which are personal data, as one."""
    held = {entry.source for entry in crosswalk.entries}
    shown: Counter[tuple[str, ...]] = Counter()
    for code, count in codes.items():
        shown[code if code in held else (MASKED,) * len(code)] += count
    return shown
