"""Sign-offs: a question to a person in Airflow, and the task behind it that insists on a yes.

The question only asks. Airflow's own ApprovalOperator either skips what follows a no, which a later task
may take for leave, or fails before the ledger has heard of it; `require_decision` writes every decision
down, and fails on everything but an approval.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryRule, TriggerRule, task

from cutover.errors import GateClosed
from cutover.orchestration.work import at_work

APPROVE = "Approve"
REJECT = "Reject"
NOBODY = "nobody"


@dataclass(frozen=True)
class Question:
    """What is asked at a gate: templates, `body` in Markdown with the place of the evidence."""

    gate: str
    subject: str
    body: str


FULL_MIGRATION = Question(
    "full_migration",
    "Load wave {{ params.wave }} into the target?",
    """Load snapshot `{{ ti.xcom_pull("choose_snapshot") }}` of wave **{{ params.wave }}** into the target
{%- if params.entities %}, only {{ params.entities | join(", ") }}{% endif %}?

Evidence, in schema `cutover` of the target:

- mapping gate: `check_result` with this `snapshot_id` and gate `mapping`
- pilot run {{ ti.xcom_pull("require_pilot") }}: `check_result` with this `run_id`, gates `verification` and
  `rehearsal`, and its fingerprints before and after in `fingerprint`
""",
)
ROLLBACK = Question(
    "rollback",
    """Take back {% if params.level != "run" %}one {{ params.level }} of {% endif %}run {{ params.run_id }}?""",
    """Level **{{ params.level }}**
{%- if params.entity %}, entity {{ params.entity }}{% endif %}
{%- if params.seq is not none %}, batch {{ params.seq }}{% endif %}; on conflict: {{ params.on_conflict }}.

Reason: {{ params.reason }}

Evidence, in schema `cutover` of the target: `check_result`, `batch` and `fingerprint` with
`run_id` {{ params.run_id }}.
""",
)

QUARANTINE = Question(
    "quarantine",
    "Replay the rows that {{ params.workbook }} corrects?",
    """Record the corrections of `{{ params.workbook }}` and replay exactly these rows in run
{{ ti.xcom_pull("check_corrections") }}?

Evidence, in schema `cutover` of the target: `check_result` with this `run_id`, gate `quarantine`: the number of cells
and the hash of the workbook; another file is refused.
""",
)

# A person who did not answer in time is not asked again. A question that Airflow lost on its way is: in 3.3 an answer
# soon after the task has parked makes the scheduler take the task for dead, on a busy machine many times in a row.
_MOST_LOST_ANSWERS = 20
_ASK_AGAIN = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="airflow.providers.standard.exceptions.HITLTimeoutError",
            action=RetryAction.FAIL,
            reason="nobody answered in time",
        )
    ]
)


# Airflow's page lets nobody answer while a field is empty that may not be null.
_COMMENT = Param(None, type=["null", "string"], maxLength=500, title="Comment", description="Kept in the ledger.")


@dataclass(frozen=True)
class Answer:
    """What a person decided."""

    person: str
    decision: Literal["approved", "rejected", "timed_out"]
    comment: str = ""


def ask(task_id: str, question: Question, *, within: timedelta) -> HITLOperator:
    """Ask for a sign-off; no answer in time fails the task."""
    return HITLOperator(
        task_id=task_id,
        subject=question.subject,
        body=question.body,
        options=[APPROVE, REJECT],
        params={"comment": _COMMENT},
        response_timeout=within,
        retry_policy=_ASK_AGAIN,
        retries=_MOST_LOST_ANSWERS,
        retry_delay=timedelta(seconds=3),
        retry_exponential_backoff=0.0,
    )


def read_answer(answer: Mapping[str, Any] | None) -> Answer:
    """Read what a question handed on; None: it ended without an answer."""
    if not answer:
        return Answer(NOBODY, "timed_out", "no answer arrived; the log of the question says why")
    person = (answer.get("responded_by_user") or {}).get("name") or NOBODY
    approved = list(answer["chosen_options"]) == [APPROVE]
    comment = str((answer.get("params_input") or {}).get("comment") or "")
    return Answer(person, "approved" if approved else "rejected", comment)


@task(trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
def require_decision(run: int, gate: str, answer: Mapping[str, Any] | None) -> None:
    """Write the decision into the ledger and fail unless it is an approval of the evidence as it stands."""
    given = read_answer(answer)
    with at_work() as world:
        from cutover.phases.signoff import record_signoff, require_signoff

        person, decision, comment = given.person, given.decision, given.comment
        record_signoff(world, run, gate, person=person, decision=decision, comment=comment)
        if decision != "approved":
            raise GateClosed(
                f"gate {gate!r} of run {run} was not approved: {decision}",
                fix="trigger this DAG again when the reason is gone; nothing was written to the target",
            )
        require_signoff(world, run, gate)
