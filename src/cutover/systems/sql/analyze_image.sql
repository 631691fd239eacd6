-- purpose: tell the planner how many rows an image has and how their keys are spread
-- identifiers: image, keys
analyze {image} ({keys})
