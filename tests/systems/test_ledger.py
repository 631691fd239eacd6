"""The laws as the database enforces them: each test attacks one."""

import pytest
from sqlalchemy import text

from cutover.errors import TargetError

RUN = """
insert into cutover.snapshot values ('s', now(), '{}');
insert into cutover.run (wave, kind, snapshot_id, entities, spec_sha256, spec_files, package_version)
values ('w', 'full', 's', '{customer}', 'x', '{}', '0')
"""
BATCH = """
insert into cutover.batch (run_id, entity, seq, rows_read, rows_loaded, rows_merged, rows_dropped, rows_rejected,
                           rows_written, first_row, last_row, digest)
values (1, 'customer', {seq}, {read}, {loaded}, 0, 0, {rejected}, {loaded}, {first}, {last}, '')
"""
LOADED = """
insert into cutover.disposition (run_id, entity, "row", seq, outcome) values (1, 'customer', {row}, {seq}, 'loaded')
"""
MERGED = """
insert into cutover.disposition (run_id, entity, "row", seq, outcome, rule, reason)
values (1, 'customer', 0, 0, 'merged', 'CU-M', 'same')
"""
ROLLBACK = "insert into cutover.rollback (run_id, reason, by_whom, started_at) values (1, 'x', 'x', now())"
REASONLESS = "insert into cutover.rollback (run_id, reason, by_whom, started_at) values (1, '', 'x', now())"
RECOUNTED = "update cutover.batch set rows_loaded = 0, rows_rejected = 1"


@pytest.fixture
def begun(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(RUN)
    return engine


def _batch(seq=0, read=1, loaded=1, rejected=0, first=0, last=0):
    return BATCH.format(seq=seq, read=read, loaded=loaded, rejected=rejected, first=first, last=last)


def _try(engine, *statements):
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_batch_and_its_dispositions_commit_together(begun):
    _try(begun, _batch(), LOADED.format(row=0, seq=0))


@pytest.mark.parametrize(
    ("statements", "constraint"),
    [
        ([_batch(read=2)], "conserved"),
        ([_batch()], "balanced"),
        ([_batch(read=2, loaded=2, last=1), LOADED.format(row=0, seq=0)], "balanced"),
        ([_batch(), LOADED.format(row=0, seq=0), LOADED.format(row=0, seq=0)], "disposition_pkey"),
        ([LOADED.format(row=0, seq=0)], "disposition_of_batch"),
        ([_batch(), LOADED.format(row=0, seq=1)], "disposition_of_batch"),
        ([_batch(), LOADED.format(row=0, seq=0), "update cutover.disposition set seq = 7"], "disposition_of_batch"),
        ([_batch(), LOADED.format(row=0, seq=0), RECOUNTED], "balanced"),
        ([_batch(first="null")], "bounded"),
        ([_batch(), _batch()], "batch_pkey"),
        ([RUN.split(";")[1]], "one_active_run_per_wave"),
        (["update cutover.run set status = 'finished'"], "run_check"),
        ([_batch(), LOADED.format(row=0, seq=0).replace("'loaded'", "'rejected'")], "explained"),
        ([_batch(), LOADED.format(row=0, seq=0).replace("'loaded'", "'lost'")], "disposition_outcome_check"),
        ([MERGED], "merged_names_its_survivor"),
        ([REASONLESS], "rollback_reason_check"),
        ([ROLLBACK, ROLLBACK], "one_open_rollback_per_run"),
    ],
)  # fmt: skip
def test_the_database_refuses_what_breaks_a_law(begun, statements, constraint):
    with pytest.raises(TargetError) as caught:
        _try(begun, *statements)
    assert caught.value.facts["constraint"] == constraint


def test_one_row_of_a_run_cannot_have_an_outcome_in_two_batches(begun):
    _try(begun, _batch(), LOADED.format(row=0, seq=0))
    with pytest.raises(TargetError) as caught:
        _try(begun, _batch(seq=1), LOADED.format(row=0, seq=1))
    assert caught.value.facts["constraint"] == "disposition_pkey"


def test_another_wave_and_an_ended_run_are_in_nobodys_way(begun):
    _try(begun, RUN.split(";")[1].replace("'w'", "'other'"))
    _try(begun, "update cutover.run set status = 'finished', ended_at = now()", RUN.split(";")[1])


def test_the_key_map_holds_what_is_loaded(begun):
    _try(begun, _batch(), LOADED.format(row=0, seq=0))
    with begun.begin() as connection:
        assert connection.execute(text("select count(*) from cutover.key_map")).scalar() == 1
        connection.execute(text("update cutover.batch set state = 'rolled_back'"))
        assert connection.execute(text("select count(*) from cutover.key_map")).scalar() == 0
