"""Which snapshot is the last: complete, and not one that a night took for itself."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cutover.errors import InputError
from cutover.phases.snapshots import NIGHT, latest_snapshot, new_snapshot


def world(*names: str, landing: str = "") -> Any:
    staging = SimpleNamespace(
        snapshots=lambda: sorted(names),
        manifest=lambda dataset: None if dataset.snapshot == landing else {"rows": 1},
    )
    return SimpleNamespace(staging=staging, now=lambda: datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


def test_a_night_is_never_the_latest() -> None:
    names = ("20261121T010000Z", "20261122T010000Z", "20261123T010000Z.night")
    assert latest_snapshot(world(*names)) == "20261122T010000Z"
    with pytest.raises(InputError, match="no snapshot has been landed"):
        latest_snapshot(world("20261123T010000Z.night"))


def test_a_snapshot_that_is_being_landed_is_not_the_latest() -> None:
    assert latest_snapshot(world("a", "b", landing="b")) == "a"


@pytest.mark.parametrize(
    ("taken", "ending", "name"),
    [
        ((), "", "20261123T090000Z"),
        ((), NIGHT, "20261123T090000Z.night"),
        (("20261123T090000Z",), "", "20261123T090000Z-2"),
        (("20261123T090000Z.night",), NIGHT, "20261123T090000Z-2.night"),
    ],
)
def test_a_new_name_is_not_taken(taken: tuple[str, ...], ending: str, name: str) -> None:
    assert new_snapshot(world(*taken), ending) == name
