"""
### Quarantine: take corrections from Excel, and replay the rows they mend

Looks at every cell of a filled-in workbook of `cutover rejects export`, asks for a **sign-off** (Required actions),
records the corrections and sends exactly these rows the same way again: cleanse, map, gate, load. Then the whole run
is verified.

- **Run it** when business people have returned a workbook; the form takes its path, as the workers see it.
- **A bad cell refuses the whole workbook**: the log of `check_corrections` names each, such as `customer!K12`.
- **The sign-off waits 24 hours** and is bound to the hash of the file: another file under this name is refused.
- **When `import_corrections` fails** nothing is half-done: each entity's rows move in one transaction. Clear it to go
  on; nothing is loaded twice.
- **What was corrected** is in `cutover.correction`: who, when, before and after.
"""

from datetime import timedelta

from airflow.sdk import DAG

from cutover.orchestration import corrections, forms, signoffs, tasks
from cutover.orchestration.defaults import PHASE
from cutover.orchestration.signoffs import QUARANTINE

with DAG(
    "cutover_quarantine",
    description="Import corrections of rejected rows, and replay them",
    doc_md=__doc__,
    schedule=None,
    params={"workbook": forms.workbook(), "corrected_by": forms.corrected_by()},
    **PHASE,
):
    run = corrections.check_corrections()
    approval = signoffs.ask("approve_corrections", QUARANTINE, within=timedelta(hours=24))
    decision = signoffs.require_decision(run, QUARANTINE.gate, approval.output)
    imported = corrections.import_corrections(run)
    run >> approval
    decision >> imported >> tasks.verify_run(run)
