-- purpose: check now what would be checked at commit
set constraints all immediate
