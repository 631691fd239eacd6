"""What people open: reports, workbooks, profiles, and what of them is masked."""
