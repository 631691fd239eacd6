-- purpose: forget the image of an earlier entry in this transaction
-- identifiers: image
drop table if exists {image}
