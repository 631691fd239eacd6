"""The worked example: the legacy ERP, CRM and MES of a machinery maker, generated with known defects.

Every value is a pure function of (seed, scale, row number),
so any row can be made without the rows before it: chunks
stay small, references need no lookup, and two runs give the same bytes.
"""
