"""The parameters of a run: fields of Airflow's trigger form, checked before the run starts."""

from typing import Any

from airflow.sdk import Param

from cutover.project.outline import Outline

NEW = "new"
LATEST = "latest"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


def wave(outline: Outline) -> Param:
    """Choose the wave."""
    waves = list(outline.waves)
    description = "Entities that move together, as in project.yaml."
    return Param(waves[0], type="string", enum=waves, title="Wave", description=description)


def entities(outline: Outline) -> Param:
    """Choose some entities of the wave."""
    names = list(outline.entities)
    chosen: dict[str, Any] = {"type": "array", "items": {"type": "string", "enum": names}, "uniqueItems": True}
    description = "Only these entities of the wave; all of them when the list is empty."
    return Param([], **chosen, examples=names, title="Entities", description=description)


def new_snapshot() -> Param:
    """Name the snapshot to land."""
    description = "The word new reads the legacy systems afresh. An id resumes that snapshot, latest the newest one."
    return Param(NEW, type="string", pattern=_NAME, title="Snapshot", description=description)


def snapshot() -> Param:
    """Choose a landed snapshot."""
    description = "The id of a landed snapshot, or latest."
    return Param(LATEST, type="string", pattern=_NAME, title="Snapshot", description=description)


def batch_rows() -> Param:
    """Set the size of a batch."""
    limits: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
    description = "Rows that are read, mapped, loaded and taken back as one. Memory grows with it."
    return Param(50_000, **limits, title="Rows per batch", description=description)


def slices() -> Param:
    """Set how many tasks share the load of an entity."""
    limits: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 16}
    description = "Tasks that load one entity side by side, each every n-th batch."
    return Param(2, **limits, title="Slices", description=description)


def run_id() -> Param:
    """Name the run of the ledger to take back."""
    description = "The run as the ledger counts them, not Airflow's run id."
    return Param(type="integer", minimum=1, title="Run", description=description)


def level() -> Param:
    """Choose how much to take back."""
    description = "The whole run, one entity, or one batch."
    return Param("run", type="string", enum=["run", "entity", "batch"], title="Level", description=description)


def entity(outline: Outline) -> Param:
    """Name the entity to take back."""
    names = [None, *outline.entities]
    description = "For the levels entity and batch."
    return Param(None, type=["null", "string"], enum=names, title="Entity", description=description)


def seq() -> Param:
    """Name the batch to take back."""
    description = "The batch's number, for the level batch."
    return Param(None, type=["null", "integer"], minimum=0, title="Batch", description=description)


def reason() -> Param:
    """State why something is taken back."""
    description = "Why, in a sentence; it is kept in the ledger with the rollback."
    return Param(type="string", minLength=10, maxLength=500, title="Reason", description=description)


def on_conflict() -> Param:
    """Choose what happens to rows that people changed since the load."""
    ways = ["stop", "keep"]
    description = "When somebody changed a loaded row: stop touches nothing, keep leaves such rows and lists them."
    return Param("stop", type="string", enum=ways, title="On conflict", description=description)


def workbook() -> Param:
    """Name the workbook with the corrections."""
    description = "The filled-in workbook of `cutover rejects export`, as a path that the workers can read."
    return Param(type="string", pattern=r"\.xlsx$", title="Workbook", description=description)


def corrected_by() -> Param:
    """Name who corrected."""
    description = "Who filled it in; kept in the ledger with each correction. Who triggers the run, if empty."
    return Param(None, type=["null", "string"], maxLength=200, title="Corrected by", description=description)
