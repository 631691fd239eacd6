-- purpose: keep other callers from giving numbers until this transaction ends
lock table cutover.given_number in share row exclusive mode
