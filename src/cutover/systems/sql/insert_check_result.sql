-- purpose: store one result of a gate
-- params: run_id, snapshot_id, gate, check_id, entity, numerator, denominator, value, threshold, severity, status, message, evidence
-- identifiers:
insert into cutover.check_result (run_id, snapshot_id, gate, check_id, entity, numerator, denominator, value, threshold,
                                  severity, status, message, evidence)
values (:run_id, :snapshot_id, :gate, :check_id, :entity, :numerator, :denominator, :value, :threshold, :severity, :status,
        :message, cast(:evidence as jsonb))
