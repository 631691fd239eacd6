-- purpose: leave to the end of the next step what may be checked there
set constraints all deferred
