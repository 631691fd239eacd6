-- purpose: draw the next value of a sequence
-- params: sequence
select nextval(cast(:sequence as regclass))
