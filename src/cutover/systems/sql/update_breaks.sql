-- purpose: tonight's breaks are open and one night older; one that was closed opens again
-- params: night_id
-- identifiers:
update cutover.break b
set last_night = :night_id, nights = nights + 1, state = 'open', closed_by = null, expected = t.expected, actual = t.actual
from tonight t
where b.break_id = t.break_id
