"""
### Full migration: move a wave into the target

Evaluates the gate, insists on a pilot of the same snapshot, mappings and entities whose rehearsal passed, asks for
a **sign-off** (Required actions), loads every entity after those that it refers to, and verifies all rows: counts,
control totals, keyed hashes.

- **Run it** after `cutover_pilot_migration`. The sign-off waits 24 hours; on a no, or no answer, the DAG run
  fails and nothing is loaded.
- **Batches are exactly once**: kill it, clear the red tasks, and it goes on behind the last committed batch.
- **When `verify_run` fails** the loaded rows stay and the run stays active: look at its results in
  `cutover.check_result`, then take the run back with `cutover_rollback`.
- **Next**: `cutover_dual_run`, every night.
"""

from datetime import timedelta

from airflow.sdk import DAG, TaskGroup

from cutover.orchestration import assets, forms, signoffs, tasks
from cutover.orchestration.defaults import PHASE
from cutover.orchestration.enterprise import read_enterprise
from cutover.orchestration.signoffs import FULL_MIGRATION

outline = read_enterprise()

with DAG(
    "cutover_full_migration",
    description="Load a whole wave and verify it",
    doc_md=__doc__,
    schedule=None,
    params={
        "wave": forms.wave(outline),
        "entities": forms.entities(outline),
        "snapshot": forms.snapshot(),
        "slices": forms.slices(),
    },
    **PHASE,
):
    snapshot = tasks.choose_snapshot()
    gate = tasks.gate_mapping(snapshot)
    pilot = tasks.require_pilot(snapshot)
    approval = signoffs.ask("approve_load", FULL_MIGRATION, within=timedelta(hours=24))
    decision = signoffs.require_decision(pilot, FULL_MIGRATION.gate, approval.output)
    run = tasks.start_run("full", snapshot)
    slices = tasks.plan_slices()
    verified = tasks.verify_run(run)
    gate >> pilot >> approval >> decision >> run
    groups = {}
    for entity, parents in outline.parents.items():
        with TaskGroup(entity) as groups[entity]:
            load = tasks.load_entity.override(
                task_id=f"load_{entity}", inlets=[assets.mapped(entity)], outlets=[assets.loaded(entity)]
            )
            load.partial(run=run, entity=entity, signed=pilot).expand(slice_index=slices)
        [decision, *(groups[parent] for parent in parents)] >> groups[entity] >> verified
    verified >> tasks.finish_run(run)
