-- purpose: store what a night compared and how it ended
-- params: night_id, compared, matched, explained, broken, not_compared, totals, status, ended_at
-- identifiers:
update cutover.night
set compared = :compared, matched = :matched, explained = :explained, broken = :broken, not_compared = :not_compared,
    totals = cast(:totals as jsonb), status = :status, ended_at = :ended_at
where night_id = :night_id
