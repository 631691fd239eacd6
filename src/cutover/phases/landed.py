"""The gate before cleansing: nothing forgotten, nothing misread, every column known, classified and under a rule.

DMC-01 to DMC-05 of the checklist, as far as a landed snapshot and the specification can tell; the rest is asked when
the rows are mapped.
"""

from collections.abc import Iterator
from typing import Any

from cutover.core.verdicts import CheckResult, all_of, none_of, not_run
from cutover.phases.gates.concluding import conclude
from cutover.phases.masked import masked_checks
from cutover.phases.profile import PROFILES, keep_profile
from cutover.phases.scope import classification_check, scope_checks
from cutover.phases.snapshots import NIGHT, register
from cutover.phases.world import Step, World
from cutover.project.model import Mapping, Rule, located_fields
from cutover.project.scope import read_scope
from cutover.systems import datasets
from cutover.systems.staging import Dataset

LANDING_GATE = "landing"
SHOWN = 20
# Points by which the share of a column's commonest shape may fall from one extract to the next.
MASK_DROP = 5


def gate_landing(world: World, snapshot: str, wave: str) -> list[CheckResult]:
    """Evaluate the gate of a landed snapshot, store every result, and return them; the profiles are written on the way.

    Raises:
        InputError: the snapshot is not landed, or a file in `scope` is not as it should be.
        GateClosed: a check failed, could not be computed, or was not run; the message lists them.
    """
    scope = read_scope(world.specification.root)
    mappings = [world.specification.mapping(entity) for entity in world.specification.entities(wave)]
    manifests = {m.entity: world.staging.require(datasets.raw(snapshot, m.source), phase="land") for m in mappings}
    results = [*scope_checks(world, snapshot, scope), *_one_instant(mappings, manifests)]
    for mapping in mappings:
        manifest = manifests[mapping.entity]
        results += [
            _structure(world, snapshot, mapping, manifest),
            _encoding(mapping, manifest),
            *_profiled(world, snapshot, mapping, manifest),
            _ruled(mapping),
            classification_check(world, snapshot, mapping, scope),
        ]
        world.progress(Step("gate", mapping.entity, manifest["rows"], manifest["rows"]))
    results += masked_checks(world, snapshot, mappings)
    with world.target.begin() as connection:
        register(world, connection, snapshot)
    return conclude(world, LANDING_GATE, results, snapshot=snapshot)


def _one_instant(mappings: list[Mapping], manifests: dict[str, dict[str, Any]]) -> Iterator[CheckResult]:
    """Check that all feeds of a system show it at one instant."""
    for system in sorted({mapping.source.system for mapping in mappings}):
        feeds = [manifests[m.entity]["instant"] for m in mappings if m.source.system == system]
        others = sum(instant != feeds[0] for instant in feeds)
        yield none_of(f"INSTANT.{system}", None, others, len(feeds), instants=sorted(set(feeds)))


def _structure(world: World, snapshot: str, mapping: Mapping, manifest: dict[str, Any]) -> CheckResult:
    """Check that each row that could not be read as declared is kept with its file and line."""
    ragged = datasets.ragged(snapshot, mapping.source)
    kept = world.staging.manifest(ragged)
    found, told = len(world.staging.read(ragged)) if kept is not None else 0, manifest.get("ragged", 0)
    return none_of("STRUCTURE", mapping.entity, abs(told - found), manifest["rows"], kept=found, ragged=told)


def _encoding(mapping: Mapping, manifest: dict[str, Any]) -> CheckResult:
    """Count what text leaves behind that was once decoded wrongly, and control characters."""
    counts = manifest.get("suspicious", {})
    cells = manifest["rows"] * len(manifest["columns"])
    return none_of("ENCODING", mapping.entity, sum(counts.values()), cells, severity="major", suspicious=counts)


def _profiled(world: World, snapshot: str, mapping: Mapping, manifest: dict[str, Any]) -> Iterator[CheckResult]:
    file, profiled = keep_profile(world, snapshot, mapping)
    landed = [column["name"] for column in manifest["columns"]]
    done = [name for name in landed if name in profiled]
    yield all_of("PROFILED", mapping.entity, len(done), len(landed), severity="major", evidence={"file": file})
    yield _masks(world, snapshot, mapping, profiled)


def _masks(world: World, snapshot: str, mapping: Mapping, profiled: dict[str, Any]) -> CheckResult:
    """Hold the commonest shape of each column against its share in the extract before."""
    earlier = [name for name in world.staging.snapshots() if name < snapshot and not name.endswith(NIGHT)]
    found = (world.staging.manifest(Dataset(name, PROFILES, mapping.entity)) for name in reversed(earlier))
    before = next((manifest["columns"] for manifest in found if manifest is not None), None)
    if before is None:
        told = "there is no profile of an earlier extract"
        return CheckResult("MASKS", mapping.entity, "not_applicable", "major", message=told)
    pairs = {name: (before[name], profiled[name]) for name in profiled if name in before and before[name]["masks"]}
    fallen = {}
    for name, (old, new) in pairs.items():
        mask, _ = old["masks"][0]
        was, now = (100 * dict(map(tuple, p["masks"])).get(mask, 0) / max(p["rows"], 1) for p in (old, new))
        if was - now > MASK_DROP:
            fallen[name] = f"{mask}: {was:.1f} % to {now:.1f} %"
    return none_of("MASKS", mapping.entity, len(fallen), len(pairs), severity="major", fallen=fallen)


def _ruled(mapping: Mapping) -> CheckResult:
    """Check that each critical element has rules for being there and for being valid; its keys and references are ruled
    by what they are."""
    critical = [field for _, field in located_fields(mapping) if field.critical]
    if not critical:
        told = "no field is critical: mark those whose wrong value makes the record wrong"
        return not_run("RULES", mapping.entity, told, severity="major")
    lacking = {field.rule: lacks for field in critical if (lacks := _lacks(mapping, field))}
    told = "; ".join(f"{rule} has no rule of {' and '.join(lacks)}" for rule, lacks in lacking.items())
    good = len(critical) - len(lacking)
    facts = {"lacking": lacking}
    return all_of("RULES", mapping.entity, good, len(critical), severity="major", evidence=facts, message=told)


def _lacks(mapping: Mapping, field: Rule) -> list[str]:
    checked = any(check.column == field.target for check in mapping.checks)
    is_valid = checked or field.type is not None or bool(field.translates) or field.kind in _VALID_BY_KIND  # type: ignore[attr-defined]
    # A reference that may not be empty rejects its row.
    is_there = field.required or getattr(field, "optional", True) is False or field.kind in _ALWAYS_THERE  # type: ignore[attr-defined]
    return [name for name, ruled in (("completeness", is_there), ("validity", is_valid)) if not ruled]


# What these kinds fill is a key of the target, or a value that the mapping itself names.
_VALID_BY_KIND = frozenset(["xref", "sequence", "constant", "hierarchy"])
_ALWAYS_THERE = frozenset(["constant", "sequence", "opening_balance"])
