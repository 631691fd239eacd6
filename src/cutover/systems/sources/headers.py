"""The headers of a feed's files: one name per column, whatever a file calls it and wherever it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from cutover.errors import SourceError
from cutover.project.model import Csv
from cutover.systems.sources.files import SourceFile

# A UTF-8 byte order mark that was read as Latin-1 or CP1252 and written as UTF-8 again.
MARK_TWICE = "\u00ef\u00bb\u00bf"


@dataclass(frozen=True)
class Headed:
    """A file and its columns in the order in which they stand there, by the names that the feed gives them.

    found: the names as the file spells them; empty when it has no header.
    """

    file: SourceFile
    columns: tuple[str, ...]
    found: tuple[str, ...] = ()


def unify_headers(files: Sequence[SourceFile], headers: Sequence[Sequence[str]], declared: Csv) -> list[Headed]:
    """Give the columns of every file their names in the feed; all files have the same, but those declared absent.

    Raises:
        SourceError: a header holds a column that is not in the others and not declared as a variant, lacks one that is
            not declared absent, names one column twice, or begins with a doubly encoded byte order mark.
    """
    spelled = {other: name for name, others in declared.variants.items() for other in others}
    headed = [_translate(file, names, spelled) for file, names in zip(files, headers, strict=True)]
    wanted = columns_of(headed, declared)
    for each in headed:
        unknown = [name for name in each.columns if name not in wanted]
        missing = [name for name in wanted if name not in each.columns and name not in declared.absent]
        if unknown or missing:
            raise _differs(headed[0], each)
    return headed


def columns_of(headed: Sequence[Headed], declared: Csv) -> list[str]:
    """Return the columns of a feed: those of its first file, then those absent there that another file has."""
    first = list(headed[0].columns)
    later = {name for each in headed[1:] for name in each.columns}
    return first + [name for name in declared.absent if name in later and name not in first]


def _translate(file: SourceFile, names: Sequence[str], spelled: dict[str, str]) -> Headed:
    columns = tuple(spelled.get(name, name) for name in names)
    if columns[0].startswith(MARK_TWICE):
        plain = columns[0].removeprefix(MARK_TWICE)
        raise SourceError(
            f"{file.name}: the header begins with a byte order mark that was encoded twice: {columns[0]!r}",
            fix=f"export the file again, or declare `variants: {{{plain}: [{columns[0]}]}}`",
        )
    for index, name in enumerate(columns):
        if name in columns[:index]:
            both = f"{names[columns.index(name)]!r} and {names[index]!r}"
            raise SourceError(
                f"{file.name}: {both} are both the column {name!r}", fix="correct `variants` in the mapping"
            )
    return Headed(file, columns, tuple(names))


def _differs(first: Headed, other: Headed) -> SourceError:
    pairs = zip(first.columns, other.columns, strict=False)
    index = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(first.columns), len(other.columns)))
    ours, theirs = (repr(h.found[index]) if index < len(h.found) else "nothing" for h in (other, first))
    return SourceError(
        f"{other.file.name}: column {index + 1} of the header is {ours}, in {first.file.name} it is {theirs}; "
        f"the headers are {_listed(other.found)} and {_listed(first.found)}",
        fix="declare other spellings under `variants` and columns that a file lacks under `absent`, or give such files "
        "a mapping of their own",
    )


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"
