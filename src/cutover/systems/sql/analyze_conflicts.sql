-- purpose: tell the planner how many conflicts there are
analyze pg_temp.cutover_conflict
