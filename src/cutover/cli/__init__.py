"""The command line: everything a DAG does, without Airflow.

Each module of this package holds the verbs of one theme and a function `register(app)`; this page joins them and turns
an expected failure into one clear message and exit status 1 (2 for a mistake in the call itself).
"""

import sys

import typer
from rich.console import Console

from cutover.cli import checklist, demo, example, mapping, phases, project, rejects, runtime, sniff, steward, workbook
from cutover.errors import CutoverError

app = typer.Typer(
    name="cutover",
    help="Carry an enterprise from its legacy system into a new one, and take every row back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for theme in (demo, runtime, example, project, sniff, phases, checklist, mapping, steward, rejects, workbook):
    theme.register(app)


def main() -> None:
    """Run the command line; expected failures end as one message on stderr and exit status 1."""
    try:
        app()
    except CutoverError as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]error[/red] {type(error).__name__}: ", end="")
        print(error, file=sys.stderr)
        sys.exit(1)
