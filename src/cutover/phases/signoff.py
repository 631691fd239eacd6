"""Sign-offs: a person's decision, bound to the hash of the evidence that it rests on."""

from typing import Literal

from cutover.errors import GateClosed
from cutover.phases.world import World
from cutover.systems import evidence

Decision = Literal["approved", "rejected", "timed_out"]


def record_signoff(world: World, run_id: int, gate: str, *, person: str, decision: Decision, comment: str = "") -> None:
    """Store a decision on a gate of a run."""
    with world.target.begin() as connection:
        evidence.record_signoff(connection, run_id, gate, person, decision, comment)


def require_signoff(world: World, run_id: int, gate: str) -> None:
    """Return when the last decision is an approval of the evidence as it stands now.

    Raises:
        GateClosed: nobody decided, the decision was no, nobody answered in time, or the evidence has changed since.
    """
    with world.target.connect() as connection:
        found = evidence.latest_signoff(connection, run_id, gate)
        unchanged = found is not None and found[2] == evidence.evidence_hash(connection, run_id)
    if found is None or found[0] != "approved":
        raise GateClosed(f"gate {gate!r} of run {run_id} is not approved: {found[0] if found else 'nobody decided'}",
                         fix="ask for the sign-off again when its reason is gone")  # fmt: skip
    if not unchanged:
        raise GateClosed(
            f"the evidence of gate {gate!r} of run {run_id} changed after the sign-off",
            fix="sign it off anew",
        )
