-- purpose: the character set in which the target keeps its texts
select getdatabaseencoding()
