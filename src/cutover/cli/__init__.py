"""The command line: everything a DAG does, without Airflow.

Each module of this package holds the verbs of one theme and a function `register(app)`; this page joins them and turns
an expected failure into one clear message and exit status 1 (2 for a mistake in the call itself).
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from cutover import __version__
from cutover.cli import checklist, demo, example, mapping, phases, project, rejects, runtime, sniff, steward, workbook
from cutover.errors import CutoverError, InputError

app = typer.Typer(
    name="cutover",
    help="Carry an enterprise from its legacy system into a new one, and take every row back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for theme in (demo, runtime, example, project, sniff, phases, checklist, mapping, steward, rejects, workbook):
    theme.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cutover {__version__}")
        raise typer.Exit


@app.callback()
def _before(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Carry an enterprise from its legacy system into a new one, and take every row back.

    Example:  cutover demo        then:  cutover summary
    """


def main() -> None:
    """Run the command line; expected failures end as one message on stderr and exit status 1."""
    try:
        _require_text(sys.argv[1:])
        app()
    except CutoverError as error:
        _end(type(error).__name__, str(error))
    except OSError as error:
        # A file or folder that somebody named: it is missing, full, in the way, or not ours to use.
        place = f"{error.filename}: " if error.filename else ""
        _end("OSError", f"{place}{error.strerror or error}. Fix: make room, mend the rights, or name another place")
    except RuntimeError as error:
        if str(error) != "Query interrupted":  # what DuckDB makes of Ctrl-C
            raise
        _end("Interrupted", "nothing is half-done. Fix: run it again, it goes on where it was")


def _require_text(words: Iterable[str]) -> None:
    """Refuse what was typed in another encoding than the one we read; a file may well be named so."""
    for word in words:
        # Python keeps a byte that it cannot decode as one of these.
        if any("\udc80" <= letter <= "\udcff" for letter in word) and not Path(word).exists():
            raise InputError("what was typed is not UTF-8", fix="set the encoding of the terminal to UTF-8")


def _end(kind: str, message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(f"[red]error[/red] {kind}: ", end="")
    print(message, file=sys.stderr)
    sys.exit(1)
