"""The files of a project folder as such: whether each is read at all, and whether its text can be."""

from collections.abc import Iterator
from pathlib import Path

from cutover.project.reading import Finding, read_text

_READ = {"mappings/*.yaml": (".yaml", ".yml"), "mappings/crosswalks/*.csv": (".csv",)}


def check_files(root: Path) -> Iterator[Finding]:
    """Find files that nobody would read, although their author thinks so, and SQL that is no text in UTF-8."""
    for pattern, endings in _READ.items():
        folder, _, wanted = pattern.rpartition("/")
        read = set(root.glob(pattern))
        for path in sorted((root / folder).rglob("*")):
            if path.suffix.lower() in endings and path not in read and path.is_file():
                yield Finding(_name(root, path), 0, 0, "nothing reads this file", f"name it {folder}/{wanted}")
    for path in sorted((root / "sql").rglob("*.sql")):
        text = read_text(path, _name(root, path))
        if isinstance(text, Finding):
            yield text


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()
