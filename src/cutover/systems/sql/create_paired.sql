-- purpose: a place for the pairs of an entity that may be one thing, until the transaction ends
create temporary table cutover_paired (
    rule text, first_key text, second_key text, score int, same_identity boolean, likely boolean, automatic boolean
) on commit drop
