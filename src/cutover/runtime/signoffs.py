"""Answer a human-in-the-loop task by program, at a moment when Airflow can take the answer.

In Airflow 3.3 an answer given soon after the task has parked in `awaiting_input` can make the scheduler
fail it: the executor reports the end of the parking run only when the task is queued again, and it is taken
for one that died. So: wait, look again, answer, and see the task through. On a busy machine no wait is long
enough; the scheduler notes such a failure as the event `state mismatch`, and only on that evidence the task
is cleared and answered once more.
"""

import time
from collections.abc import Callable

from cutover.errors import ConnectionLost, InputError
from cutover.runtime.api import Airflow, Question, TaskInstance

PARKED = ("awaiting_input", "deferred")
SETTLED = ("success", "failed", "upstream_failed", "skipped", "removed")
SETTLE_SECONDS = 4.0
MOST_CLEARS = 3


def answer(
    airflow: Airflow,
    question: Question,
    option: str,
    *,
    patience: float = 120.0,
    sleep: Callable[[float], None] = time.sleep,
) -> TaskInstance:
    """Answer a sign-off and wait until its task has taken the answer; return the settled task.

    A rejecting answer also ends in `success`: what it means is decided by the tasks behind it.

    Raises:
        InputError: `option` is not offered, or we may not answer.
        ConnectionLost: the task has not settled after `patience` seconds.
    """
    if option not in question.options:
        raise InputError(
            f"{option!r} is no answer to {question.subject!r}",
            fix=f"choose one of {', '.join(question.options)}",
        )
    waited, clears = 0.0, 0
    while waited <= patience:
        task = _read(airflow, question)
        if task.state == "failed" and clears < MOST_CLEARS and _was_lost(airflow, question, task):
            airflow.clear(question)
            clears += 1
        elif task.state in SETTLED:
            return task
        pause = SETTLE_SECONDS if task.state in PARKED else 1.0
        sleep(pause)
        waited += pause
        if task.state in PARKED and _is_still_parked(airflow, question, task):
            airflow.respond(question, option)
    raise ConnectionLost(
        f"the sign-off {question.task_id} has not taken its answer after {patience:.0f} s",
        fix=f"answer it at {airflow.url}/required_actions",
    )


def _was_lost(airflow: Airflow, question: Question, task: TaskInstance) -> bool:
    return airflow.is_taken_for_dead(question, task.try_number)


def _is_still_parked(airflow: Airflow, question: Question, before: TaskInstance) -> bool:
    now = _read(airflow, question)
    place = (question.task_id, question.map_index)
    pending = airflow.read_questions(question.dag_id, question.run_id)
    steady = (now.state, now.try_number) == (before.state, before.try_number)
    return steady and place in {(each.task_id, each.map_index) for each in pending}


def _read(airflow: Airflow, question: Question) -> TaskInstance:
    return airflow.read_task(question.dag_id, question.run_id, question.task_id, question.map_index)
