-- purpose: forget what an earlier call in this transaction put there
-- identifiers: room
truncate {room}
