-- purpose: leave to the end of a step what may be checked there, so that its rows arrive in any order
set constraints all deferred
