"""
### Map, and close or open the gate

Turns clean rows into rows of the target's shape: crosswalks, keys, defaults, merges. Each entity waits for
those that it refers to. Then the gate is evaluated for the whole wave: every row accounted for, rejects and
defaults within their thresholds.

- **Run it** after `cutover_cleansing`, as often as a mapping or a crosswalk is mended.
- **It leaves** `mapped`, `outcome` and `rejects` in staging, reserved keys in the target's sequences, and the
  results of the gate in `cutover.check_result`, by snapshot.
- **When `gate_mapping` fails** the gate is closed: the message names check, entity and count. Mend data,
  mapping or threshold; nothing can be loaded before.
- **Next**: `cutover_pilot_migration`.
"""

from airflow.sdk import DAG

from cutover.orchestration import assets, forms, tasks
from cutover.orchestration.defaults import PHASE
from cutover.orchestration.enterprise import read_enterprise

outline = read_enterprise()

with DAG(
    "cutover_mapping",
    description="Map clean rows to the target and evaluate the gate before loading",
    doc_md=__doc__,
    schedule=None,
    params={"wave": forms.wave(outline), "entities": forms.entities(outline), "snapshot": forms.snapshot()},
    **PHASE,
):
    snapshot = tasks.choose_snapshot()
    gate = tasks.gate_mapping(snapshot)
    mapped = {}
    for entity, parents in outline.parents.items():
        map_entity = tasks.map_entity.override(
            task_id=f"map_{entity}", inlets=[assets.clean(entity)], outlets=[assets.mapped(entity)]
        )
        mapped[entity] = map_entity(snapshot, entity)
        [mapped[parent] for parent in parents] >> mapped[entity] >> gate
