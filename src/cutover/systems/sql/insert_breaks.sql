-- purpose: open the breaks that nobody has seen before
-- params: night_id
-- identifiers:
insert into cutover.break (break_id, entity, business_key, field, observed_type, first_night, last_night, nights, expected, actual)
select break_id, entity, business_key, field, observed_type, :night_id, :night_id, 0, expected, actual from tonight
on conflict (break_id) do nothing
