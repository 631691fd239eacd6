-- purpose: let rows of one attempt arrive in any order
set constraints all deferred
