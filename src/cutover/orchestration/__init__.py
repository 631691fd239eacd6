"""The only home of Airflow: what the files in dags/ are made of.

enterprise   the outline of the project that the graphs are drawn from
defaults     what all DAGs have in common: owner, retries, time-outs
forms        the parameters of a run, as a form with checks
tasks        the bodies of tasks: each calls one use case of `cutover.phases`
work         the world that a task works in, and which failures are worth a retry
progress     how far a task is, in its log
signoffs     questions to people, and the tasks that insist on the answer
journey      phases as steps of a whole implementation
assets       what the phases hand to each other, for lineage
"""
