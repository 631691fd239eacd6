"""
### Pilot: load a few rows of every kind, verify them, and take them back

Moves a selection (named keys, some rows of each stratum, and all that they refer to) into the real target,
compares every one of its rows with what was expected, closes the run, and then rehearses the way back: the
target must have the fingerprint it had before.

- **Run it** after `cutover_mapping`, before every full migration.
- **It leaves** nothing in the target's tables; in the ledger a run of kind `pilot` with its checks and
  fingerprints.
- **When it fails** after `start_run`, the run stays active so that its rows can be looked at. Clear the red
  task to go on, or take the run back with `cutover_rollback`; another run of the wave cannot start before.
- **Next**: `cutover_full_migration`.
"""

from airflow.sdk import DAG, TaskGroup

from cutover.orchestration import assets, forms, tasks
from cutover.orchestration.defaults import PHASE
from cutover.orchestration.enterprise import read_enterprise

outline = read_enterprise()

with DAG(
    "cutover_pilot_migration",
    description="Load a selection, verify it, and rehearse its rollback",
    doc_md=__doc__,
    schedule=None,
    params={"wave": forms.wave(outline), "entities": forms.entities(outline), "snapshot": forms.snapshot()},
    **PHASE,
):
    snapshot = tasks.choose_snapshot()
    run = tasks.start_run("pilot", snapshot)
    selection = tasks.select_pilot(run)
    verified = tasks.verify_run(run)
    tasks.gate_mapping(snapshot) >> run
    groups = {}
    for entity, parents in outline.parents.items():
        with TaskGroup(entity) as groups[entity]:
            load = tasks.load_entity.override(task_id=f"load_{entity}", inlets=[assets.mapped(entity)])
            load(run, entity)
        [selection, *(groups[parent] for parent in parents)] >> groups[entity] >> verified
    verified >> tasks.finish_run(run) >> tasks.rehearse_rollback(run)
