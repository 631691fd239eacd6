"""
### Land and cleanse

Reads every legacy system once, read-only and in one consistent snapshot, and keeps it raw; asks whether anything
was forgotten or misread; then cleanses each entity as its mapping says. The target's tables are not touched.

- **Run it** at the start of every attempt, and again with the snapshot's id after a rule in `mappings/*.yaml`
  was mended.
- **It leaves** a snapshot in staging: `raw` with a manifest, `clean` with a log of every changed cell, a profile
  of each entity, and the results of the gate in `cutover.check_result`, by snapshot.
- **When `gate_landing` fails** the gate is closed: a legacy table nobody decided on, a column nobody classified,
  text that was misread. Mend `scope/*.csv` or the mapping, and clear it.
- **When it fails** the message of the red task says what to mend. Clear it: what is done is not done twice.
- **Next**: `cutover_mapping`.
"""

from airflow.sdk import DAG

from cutover.orchestration import assets, forms, tasks
from cutover.orchestration.defaults import PHASE
from cutover.orchestration.enterprise import read_enterprise

outline = read_enterprise()

with DAG(
    "cutover_cleansing",
    description="Land the legacy systems raw and cleanse every entity",
    doc_md=__doc__,
    schedule=None,
    params={
        "wave": forms.wave(outline),
        "entities": forms.entities(outline),
        "snapshot": forms.new_snapshot(),
        "batch_rows": forms.batch_rows(),
    },
    **PHASE,
):
    snapshot = tasks.land.override(outlets=[assets.RAW])()
    gate = tasks.gate_landing(snapshot)
    for entity in outline.entities:
        cleanse = tasks.cleanse_entity.override(
            task_id=f"cleanse_{entity}", inlets=[assets.RAW], outlets=[assets.clean(entity)]
        )
        gate >> cleanse(snapshot, entity)
