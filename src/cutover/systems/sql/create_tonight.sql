-- purpose: a place for tonight's breaks, until the transaction ends
-- params:
-- identifiers:
create temporary table tonight (break_id text, entity text, business_key text, field text, observed_type text,
                                expected text, actual text) on commit drop
