"""What moves and what stays: every legacy object decided (DMC-01), every column classified, no row too old (DMC-05).

What people decided stands in the project's folder `scope`; what there is was written down when the snapshot was landed.
"""

from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase

from cutover.core.verdicts import CheckResult, all_of, none_of, not_run
from cutover.phases.coverage import undecided_columns
from cutover.phases.world import World
from cutover.project.model import Mapping
from cutover.project.scope import PERSONAL, Scope
from cutover.systems import datasets
from cutover.systems.setwise import open_setwise, quote

SHOWN = 20
_NEEDED = ("owner", "decision", "retention", "volume")


def scope_checks(world: World, snapshot: str, scope: Scope) -> Iterator[CheckResult]:
    """Check that no object was forgotten, each is decided on, and each process that moves has its data."""
    if scope.objects is None:
        yield not_run("SCOPE.OBJECTS", None, "there is no scope/objects.csv; `cutover scope` proposes its lines")
        return
    yield _listed(world, snapshot, scope)
    yield _decided(world, scope)
    yield _processes(scope)


def undeclared_objects(world: World, snapshot: str, scope: Scope) -> list[tuple[str, str]]:
    """Return the legacy objects that no line of the scope speaks of: system, object."""
    there = [
        (system, name)
        for system in sorted(world.specification.project.systems)
        for name in _objects(world, snapshot, system)
    ]
    return [(system, name) for system, name in there if not scope.about(system, name)]


def _objects(world: World, snapshot: str, system: str) -> list[str]:
    return list((world.staging.manifest(datasets.catalogue(snapshot, system)) or {"objects": []})["objects"])


def _listed(world: World, snapshot: str, scope: Scope) -> CheckResult:
    """Hold what the legacy systems hold against the inventory."""
    systems = sorted(world.specification.project.systems)
    unknown = [name for name in systems if world.staging.manifest(datasets.catalogue(snapshot, name)) is None]
    if unknown:
        told = f"nobody has listed what {', '.join(unknown)} holds: land a new snapshot"
        return not_run("SCOPE.OBJECTS", None, told)
    missing = [f"{system} {name}" for system, name in undeclared_objects(world, snapshot, scope)]
    hashes = dict(scope.hashes)
    told = f"not in scope/objects.csv: {', '.join(missing[:SHOWN])}" if missing else ""
    there = sum(len(_objects(world, snapshot, system)) for system in systems)
    return none_of("SCOPE.OBJECTS", None, len(missing), there, message=told, undeclared=missing[:SHOWN], hashes=hashes)


def _decided(world: World, scope: Scope) -> CheckResult:
    """Find objects without an owner, a decision, a retention or a volume, and those that move though they are out."""
    lines, wrong = scope.objects or (), []
    for number, line in enumerate(lines, start=2):
        lacks = [name for name in _NEEDED if not line[name]]
        lacks += ["reason"] if line["decision"] == "out" and not line["reason"] else []
        lacks += ["decision in or out"] if line["decision"] not in ("in", "out", "") else []
        wrong += [f"scope/objects.csv:{number} lacks {', '.join(lacks)}"] if lacks else []
    for entity, mapping in world.specification.mappings.items():
        name = object_of(mapping)
        told = scope.about(mapping.source.system, name) if name is not None else []
        if told and all(line["decision"] == "out" for line in told):
            wrong.append(f"{entity} reads {name}, which is out of scope")
    if not lines:
        return not_run("SCOPE.DECIDED", None, "scope/objects.csv holds no line")
    asked = len(lines) + len(world.specification.mappings)
    return none_of("SCOPE.DECIDED", None, len(wrong), asked, message="; ".join(wrong[:SHOWN]), wrong=wrong[:SHOWN])


def object_of(mapping: Mapping) -> str | None:
    """Return the table or the files that an entity reads; None for an extract, which may read several."""
    return mapping.source.file.path if mapping.source.file is not None else mapping.source.table


def _processes(scope: Scope) -> CheckResult:
    """Find processes to which no object that moves belongs."""
    if not scope.processes:
        return not_run("SCOPE.PROCESSES", None, "scope/processes.csv names no process")
    served = {
        process.strip()
        for line in scope.objects or ()
        if line["decision"] == "in"
        for process in line["processes"].split(";")
    }
    bare = [line["process"] for line in scope.processes if line["process"] not in served]
    told = f"no object that moves serves {', '.join(bare)}" if bare else ""
    return all_of(
        "SCOPE.PROCESSES",
        None,
        len(scope.processes) - len(bare),
        len(scope.processes),
        evidence={"bare": bare},
        message=told,
    )


# --- personal data ---------------------------------------------------------------------------------------------------


def classification_check(world: World, snapshot: str, mapping: Mapping, scope: Scope) -> CheckResult:
    """Hold the classified columns against those that were landed; what is personal is masked, and nothing else.

    A column is classified by a line of scope/columns.csv, or by a mapping that states `pii` and decides on the column.
    """
    there = sorted({*world.staging.schema(datasets.raw(snapshot, mapping.source)).names} - {"_row"})
    classes = _classes(mapping, there, scope)
    bare = [name for name in there if not classes.get(name)]
    personal = {name for name in there if classes.get(name) == PERSONAL}
    apart = sorted(personal ^ {name for name in mapping.pii if name in there})
    wrong = {*bare, *apart}
    told = [f"no class, `cutover scope` proposes the lines: {', '.join(bare[:SHOWN])}"] if bare else []
    told += [f"personal in only one of scope/columns.csv and `pii`: {', '.join(apart[:SHOWN])}"] if apart else []
    facts = {"unclassified": bare, "apart": apart, "classes": classes, "hash": scope.hashes.get("columns.csv")}
    good = len(there) - len(wrong)
    return all_of("CLASSIFIED", mapping.entity, good, len(there), evidence=facts, message="; ".join(told))


def _classes(mapping: Mapping, there: list[str], scope: Scope) -> dict[str, str]:
    classes: dict[str, str] = {}
    if "pii" in mapping.model_fields_set:
        decided = {*there} - {*undecided_columns(mapping, there)}
        classes = {name: PERSONAL if name in mapping.pii else "as its mapping says" for name in sorted(decided)}
    return classes | {line["column"]: line["class"] for line in scope.columns or () if line["entity"] == mapping.entity}


def retention_checks(world: World, snapshot: str, mapping: Mapping, scope: Scope) -> Iterator[CheckResult]:
    """Count the rows that are kept no longer and move all the same; a legal hold is a class of its own."""
    years = {line["class"]: line["years"] for line in scope.retention or ()}
    for line in scope.columns or ():
        if line["entity"] == mapping.entity and line["retention"]:
            name = f"RETENTION.{line['column']}"
            kept = years.get(line["retention"], "")
            if not kept.isdigit():
                told = f"scope/retention.csv does not say how many years {line['retention']!r} is kept"
                yield not_run(name, mapping.entity, told)
                continue
            yield _outdated(world, snapshot, mapping, name, line["column"], int(kept))


_DATED = """
    select count(*) as rows, count(*) filter (day is not null) as dated, count(*) filter (day < date '{first}') as late
    from (
        select coalesce(try_cast({column} as date), cast(try_strptime({column}::varchar, '%Y%m%d') as date)) as day
        from rows join outcome using (_row)
        where outcome.outcome in ('loaded', 'merged'))"""


def _outdated(world: World, snapshot: str, mapping: Mapping, name: str, column: str, years: int) -> CheckResult:
    today = world.now().date()
    first = date(max(today.year - years, 1), today.month, min(today.day, 28))
    sql = _DATED.format(column=f"rows.{quote(column)}", first=first)
    staged = {"rows": datasets.clean(snapshot, mapping.entity), "outcome": datasets.outcome(snapshot, mapping.entity)}
    with open_setwise(world.staging) as setwise:
        (found,) = setwise.select(sql, **staged).to_pylist()
    if found["rows"] and not found["dated"]:
        return not_run(name, mapping.entity, f"{column} holds no date that could be read")
    facts = {"first_day": first.isoformat(), "years": years}
    return all_of(name, mapping.entity, found["dated"] - found["late"], found["dated"], evidence=facts)


# --- proposals -------------------------------------------------------------------------------------------------------


def propose_scope(world: World, snapshot: str, scope: Scope) -> dict[str, list[list[str]]]:
    """Return the lines that the files of the scope lack: file -> lines, with what is known; people fill in the rest."""
    objects = []
    for system, name in undeclared_objects(world, snapshot, scope):
        of_system = [one for one in world.specification.mappings.values() if one.source.system == system]
        read = next((one for one in of_system if fnmatchcase(name, object_of(one) or "")), None)
        objects.append([system, name, "in" if read else "", "", read.owner if read else "", "", "", ""])
    known = {(line["entity"], line["column"]) for line in scope.columns or ()}
    columns = [
        [entity, column, PERSONAL if column in mapping.pii else "", ""]
        for entity, mapping in world.specification.mappings.items()
        for column in world.staging.schema(datasets.raw(snapshot, mapping.source)).names
        if column != "_row" and (entity, column) not in known
    ]
    return {"objects": objects, "columns": columns}
