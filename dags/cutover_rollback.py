"""
### Rollback: take a run, an entity or a batch back

Restores what the load journalled, newest first, after a **sign-off** (Required actions), and proves it: the
fingerprint afterwards must be the one before the load.

- **Run it** for a run of the ledger: `select run_id, wave, kind, status from cutover.run`. The reason is
  kept.
- **Rows that people changed since the load** are never overwritten silently: `stop` touches nothing and lists
  them, `keep` leaves them and notes them in `cutover.carry_back` for the hands that re-enter them.
- **The sign-off waits 4 hours**; on a no, or no answer, the DAG run fails and nothing is taken back.
- **When `roll_back` fails** nothing is half-done: each batch goes back in one transaction. Clear it to go on.
"""

from datetime import timedelta

from airflow.sdk import DAG

from cutover.orchestration import forms, signoffs, tasks
from cutover.orchestration.defaults import PHASE
from cutover.orchestration.enterprise import read_enterprise
from cutover.orchestration.signoffs import ROLLBACK

outline = read_enterprise()

with DAG(
    "cutover_rollback",
    description="Take back what a run loaded, and prove it",
    doc_md=__doc__,
    schedule=None,
    params={
        "run_id": forms.run_id(),
        "level": forms.level(),
        "entity": forms.entity(outline),
        "seq": forms.seq(),
        "reason": forms.reason(),
        "on_conflict": forms.on_conflict(),
    },
    **PHASE,
):
    run = tasks.check_request()
    approval = signoffs.ask("approve_rollback", ROLLBACK, within=timedelta(hours=4))
    decision = signoffs.require_decision(run, ROLLBACK.gate, approval.output)
    run >> approval
    decision >> tasks.roll_back(run)
