-- purpose: the categories without their pictures, which stay in the legacy system's archive
select CategoryID, CategoryName, Description
from Categories
