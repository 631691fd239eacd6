-- purpose: open again what was decided about the proposals of a rule, and keep what was decided
-- params: rule, withdrawn_by, withdrawn_at, reason
with kept as (
    insert into cutover.withdrawn_decision (proposal_id, entity, rule, "column", src_key, before, after, state, decided_by,
                                            decided_at, withdrawn_by, withdrawn_at, reason)
    select proposal_id, entity, rule, "column", src_key, before, after, state, decided_by, decided_at, :withdrawn_by,
           :withdrawn_at, :reason
    from cutover.proposal
    where rule = :rule and state <> 'open'
    returning proposal_id
)
update cutover.proposal set state = 'open', decided_by = null, decided_at = null
where proposal_id in (select proposal_id from kept)
