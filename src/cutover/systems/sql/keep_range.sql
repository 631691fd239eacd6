-- purpose: keep a reservation in the ledger, in place of one that was not used
-- params: snapshot_id, entity, table_name, first_key, rows, id_column, sequence_name, sequence_before, called_before
insert into cutover.key_range
    (snapshot_id, entity, table_name, first_key, rows, id_column, sequence_name, sequence_before, called_before)
values
    (:snapshot_id, :entity, :table_name, :first_key, :rows, :id_column, :sequence_name, :sequence_before, :called_before)
on conflict (snapshot_id, entity, table_name) do update set
    first_key = excluded.first_key, rows = excluded.rows, id_column = excluded.id_column,
    sequence_name = excluded.sequence_name, sequence_before = excluded.sequence_before,
    called_before = excluded.called_before
