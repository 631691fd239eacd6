-- purpose: put pairs into the queue; what a person decided stays decided
-- params: entity, snapshot_id
insert into cutover.pair (pair_id, entity, rule, first_key, second_key, score, same_identity, likely, state, last_snapshot)
select distinct on (1)
       encode(sha256(convert_to(concat_ws(chr(31), :entity, first_key, second_key), 'UTF8')), 'hex'),
       :entity, rule, first_key, second_key, score, same_identity, likely,
       case when automatic then 'automatic' else 'open' end, :snapshot_id
from cutover_paired
on conflict (pair_id) do update
set score = excluded.score, same_identity = excluded.same_identity, likely = excluded.likely, rule = excluded.rule,
    last_snapshot = excluded.last_snapshot,
    state = case when pair.state in ('open', 'automatic') then excluded.state else pair.state end
