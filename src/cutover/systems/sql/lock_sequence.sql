-- purpose: keep every other session off a sequence until the transaction ends; the increment is what it was
-- identifiers: sequence
alter sequence {sequence} increment by 1
