-- purpose: the reservations of a sequence, newest first
-- params: sequence_name
select * from cutover.key_range
where sequence_name = :sequence_name and rows > 0
order by first_key desc
