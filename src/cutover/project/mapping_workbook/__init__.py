"""The mapping workbook: the specification as consultants read and edit it in Excel, and their edits as typed changes.

pages       what the workbook shows, made of the specification and of figures about its data
book        the pages as an .xlsx file and back, with a hidden copy of what was exported
changes     what somebody changed between the two: typed, each with its cell; or what is wrong with a cell
applying    the changes written into the YAML and CSV files, nothing else of them touched
"""
