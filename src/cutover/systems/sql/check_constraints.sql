-- purpose: make the constraints that wait for the commit speak now
set constraints all immediate
