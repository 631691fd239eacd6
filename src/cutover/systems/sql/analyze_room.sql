-- purpose: tell the planner how many rows there are and how their keys are spread
-- identifiers: room, keys
analyze {room} ({keys})
