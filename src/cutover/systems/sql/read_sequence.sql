-- purpose: the state of a sequence
-- identifiers: sequence
select last_value, is_called from {sequence}
