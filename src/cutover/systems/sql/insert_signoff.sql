-- purpose: store a decision with the hash of the evidence that it rests on
-- params: run_id, gate, person, decision, comment, evidence_sha256
-- identifiers:
insert into cutover.signoff (run_id, gate, person, decision, comment, evidence_sha256)
values (:run_id, :gate, :person, :decision, :comment, :evidence_sha256)
