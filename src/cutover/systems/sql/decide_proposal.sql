-- purpose: record one decision; a proposal that somebody else decided meanwhile stays as it is
-- params: proposal_id, state, after, decided_by, decided_at
update cutover.proposal
set state = :state, after = :after, decided_by = :decided_by, decided_at = :decided_at
where proposal_id = :proposal_id and state = 'open'
