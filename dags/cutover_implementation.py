"""
### The whole journey of one wave

Runs the phases one after the other, each in its own DAG: land and cleanse, map, pilot with the rehearsal of
its rollback, full migration, and one night of the dual run. All of them work on the snapshot that this run
names.

- **Run it** to see a whole cutover, or to rehearse one. In a real one trigger the phases yourself, each
  when its time has come.
- **It waits** in `run_full_migration` for the sign-off of that DAG (Required actions).
- **When a phase fails** its step here fails as well, and nothing after it starts. *Triggered DAG* on the
  red step shows why. Mend it and clear the red step: the journey goes on with the same snapshot.
"""

from airflow.sdk import DAG, chain

from cutover.orchestration import forms, tasks
from cutover.orchestration.defaults import PHASE
from cutover.orchestration.enterprise import read_enterprise
from cutover.orchestration.journey import passed_on, run_phase

outline = read_enterprise()

with DAG(
    "cutover_implementation",
    description="The journey: cleansing, mapping, pilot, full migration, one night",
    doc_md=__doc__,
    schedule=None,
    params={"wave": forms.wave(outline), "batch_rows": forms.batch_rows(), "slices": forms.slices()},
    # A number stays a number on its way into the parameters of a phase.
    render_template_as_native_obj=True,
    **PHASE,
):
    snapshot = tasks.name_snapshot()
    chain(
        run_phase("cutover_cleansing", snapshot=snapshot, **passed_on("wave", "batch_rows")),
        run_phase("cutover_mapping", snapshot=snapshot, **passed_on("wave")),
        run_phase("cutover_pilot_migration", snapshot=snapshot, **passed_on("wave")),
        run_phase("cutover_full_migration", snapshot=snapshot, **passed_on("wave", "slices")),
        run_phase("cutover_dual_run", **passed_on("wave")),
    )
