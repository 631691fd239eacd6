-- purpose: tell the planner how many keys there are
analyze pg_temp.cutover_keys
