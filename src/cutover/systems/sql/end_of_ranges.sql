-- purpose: the first key behind all reservations of a sequence
-- params: sequence_name
select max(first_key + rows) from cutover.key_range where sequence_name = :sequence_name
