-- purpose: the numbers that a rule has given
-- params: rule
select source_key, number from cutover.given_number where rule = :rule order by number
