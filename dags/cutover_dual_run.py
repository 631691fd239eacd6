"""
### Dual run: compare the old and the new system, every night

Takes a fresh snapshot of the legacy systems, computes what the target should hold, and compares it with
what it does hold: control totals by pairs of SQL files, and every row by key. A difference keeps one
identity over all nights, in `cutover.break`.

- **It runs** at 01:30 in the time zone below, one night at a time. Missed nights are not caught up: nobody
  can read the past.
- **Before the first full migration** there is nothing to compare; the night fails and says so. Pause this DAG
  until then.
- **It leaves** a row in `cutover.night` (matched, explained, broken, not compared) and a report of one page.
- **When it fails** nothing was compared, and nobody may call the night green. Clear it.
- The schedule compares the first wave of `project.yaml`; trigger the DAG by hand for another one.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from cutover.orchestration import assets, forms, tasks
from cutover.orchestration.defaults import PHASE
from cutover.orchestration.enterprise import read_enterprise

outline = read_enterprise()

with DAG(
    "cutover_dual_run",
    description="Compare the old and the new system, every night",
    doc_md=__doc__,
    # Without a start date and with this limit no night of the past is run when the DAG is first seen.
    schedule=CronTriggerTimetable("30 1 * * *", timezone="Asia/Shanghai", run_immediately=timedelta(minutes=5)),
    params={"wave": forms.wave(outline)},
    **PHASE,
):
    tasks.run_night.override(inlets=[assets.loaded(entity) for entity in outline.entities])()
