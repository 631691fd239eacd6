"""What PostgreSQL refuses, told in our errors: which rule, table and column, never a value.

PostgreSQL's own texts repeat values in their detail and context (`Key (tax_id)=(...) already exists`). Those may be
personal data and would end in a task's log, so they are dropped here, from the driver's error too.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from cutover.errors import Busy, ConnectionLost, CutoverError, InputError, TargetError

_COPY_CONTEXT = re.compile(r"^COPY ([^,]+), \S+ (\d+)(?:, \S+ ([^:\n]+):)?", re.MULTILINE)
_PROBLEMS = {
    "22001": ("a text is longer than its target column", "widen the column, or shorten the text in the mapping"),
    "22003": ("a number does not fit its target column", "widen the column, or correct the mapping's type"),
    "22007": ("a date or time is not readable as its target column's type", "correct the mapping's type"),
    "22008": ("a date or time is out of its target column's range", "correct the value in the mapping"),
    "22021": ("a text holds a character that the target cannot keep", "cleanse it with `trim`"),
    "22P02": ("a value is not readable as its target column's type", "correct the mapping's type"),
    "22P05": ("the target's encoding has no place for a character", "load into a database in UTF8"),
    "23502": ("a required target column has no value", "make the field `required` in the mapping"),
    "23503": ("a row refers to a row that is not there, or is still referred to", "load what it refers to first"),
    "23505": ("a key is already in the target", "look for rows entered by hand, or merge duplicates in the mapping"),
    "23514": ("a check constraint of the target refuses a row", "add it to the mapping: the row is rejected"),
    "23P01": ("an exclusion constraint of the target refuses a row", "add the same check to the mapping"),
    "25006": ("the target is read-only", "name its primary server, or let the connection's user write"),
    "53100": ("the target's disk is full", "make room on the target's disk and run the phase again: it resumes"),
    "57014": ("the statement was cancelled or timed out", "raise the time-out, or run the phase again: it resumes"),
}  # fmt: skip
_FIXES = {"42501": "give the connection's user this right, or name another user"}
# What libpq says before anybody has logged in: addresses and names, no password and no row.
_AT_THE_DOOR = ("connection to server", "could not translate host name", "invalid ")
_REFUSED_LOGIN = ("authentication failed", "no password supplied", "does not exist", "pg_hba.conf", "sslmode")
_LOST = ("08", "57P", "53")
_BUSY = ("40001", "40P01", "55P03")
# Rows are at fault, one by one: data, integrity, views' checks, and whatever a trigger raises.
_ROW_CLASSES = ("22", "23", "44", "45", "P0")
_REASONS = {
    "22001": "too_long",
    "22003": "out_of_range",
    "22007": "not_a_date",
    "22008": "date_out_of_range",
    "22021": "not_encodable",
    "22P02": "not_of_its_type",
    "22P05": "not_encodable",
    "23502": "required_by_target",
    "23503": "parent_not_in_target",
    "23505": "already_in_target",
    "23514": "check_constraint",
    "23P01": "exclusion_constraint",
}
# Texts of these classes name tables, columns, rights and limits, never values.
_TELLING = ("0A", "2B", "3D", "3F", "42", "54", "55")


def translate(error: psycopg2.Error, **facts: Any) -> CutoverError:
    """Return our error for one of the driver's, and take every value out of the driver's."""
    state, primary = error.pgcode or "", (error.diag.message_primary or "").strip()
    safe = primary if state.startswith(_TELLING) else ""
    place, why = _place(error), _why(error, state)
    error.args = (f"SQLSTATE {state}",) if state else ("the connection failed",)
    if state in _BUSY:
        return Busy(
            "another session holds what is needed",
            fix="run the phase again: it resumes",
            sqlstate=state,
            **facts,
        )
    if any(mark in why for mark in _REFUSED_LOGIN):
        fix = "correct the login, password, database or sslmode of the target's connection"
        return InputError(f"the target database lets nobody in{why}", fix=fix, **facts)
    if state not in _PROBLEMS and (state.startswith(_LOST) or _has_no_connection(error, state)):
        fix = (
            "start the server (`cutover up` starts the local one) or correct the connection; then run again: it resumes"
        )
        return ConnectionLost(
            f"the target database does not answer{why}", fix=fix, **({"sqlstate": state} if state else {}), **facts
        )
    problem, fix = _PROBLEMS.get(state, (safe or "the target refuses the statement", _FIXES.get(state, "")))
    return TargetError(problem, fix=fix, **{"sqlstate": state, **place, **facts})


def _why(error: psycopg2.Error, state: str) -> str:
    said = "" if state else str(error).strip().partition("\n")[0]
    return f": {said}" if said.startswith(_AT_THE_DOOR) else ""


def row_reason(error: TargetError) -> str | None:
    """Return the reason code of a refusal that rows of the batch are at fault for, None for any other refusal."""
    state = str(error.facts.get("sqlstate", ""))
    if not state.startswith(_ROW_CLASSES):
        return None
    return _REASONS.get(state, "refused_by_trigger" if state.startswith(("45", "P0")) else "refused_by_target")


def _has_no_connection(error: psycopg2.Error, state: str) -> bool:
    return not state and isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)


def _place(error: psycopg2.Error) -> dict[str, Any]:
    diag = error.diag
    found = {"table": diag.table_name, "column": diag.column_name, "constraint": diag.constraint_name}
    copy = _COPY_CONTEXT.search(diag.context or "")
    if copy:
        found["table"] = found["table"] or copy[1]
        found["column"] = found["column"] or copy[3]
    return {name: value for name, value in found.items() if value}


@contextmanager
def refusals(**facts: Any) -> Iterator[None]:
    """Turn the driver's errors into ours; `facts` (entity, batch ...) are added to whatever goes wrong inside.

    Raises:
        ConnectionLost, Busy: try again. TargetError: the target refuses; its facts name the rule.
    """
    try:
        yield
    except psycopg2.Error as error:
        raise translate(error, **facts) from None
    except CutoverError as error:
        error.facts = {
            **error.facts,
            **{name: value for name, value in facts.items() if name not in error.facts},
        }
        raise


def translate_errors(engine: Engine) -> None:
    """Make every statement of an engine raise our errors."""

    @event.listens_for(engine, "handle_error")
    def _raise_ours(context: ExceptionContext) -> None:
        # A ping that fails is not yet an error: the pool opens a fresh connection.
        if isinstance(context.original_exception, psycopg2.Error) and not context.is_pre_ping:
            raise translate(context.original_exception) from None
