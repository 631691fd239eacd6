"""Staging: Parquet datasets at a URL, each a list of numbered parts and a manifest that seals it.

A dataset without its manifest does not exist: parts are written first, the manifest last, so a killed writer leaves
nothing that a reader would take for complete. The URL is a folder by default; `s3://`, `gs://` and `abfs://` serve
workers on several machines.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from cutover.errors import InputError, TerminalError

_PART = re.compile(r"part-(\d{6})\.parquet")


@dataclass(frozen=True)
class Dataset:
    """The name of a dataset: a snapshot, a layer (raw, clean, changes, mapped, ...) and what it holds."""

    snapshot: str
    layer: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.snapshot}/{self.layer}/{self.name}"


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TerminalError(
            f"staging could not take {what}: {error.strerror or error}",
            fix="make room or mend the access of the staging place, and run the phase again: it resumes",
        ) from error


def _damaged(dataset: Dataset, what: str) -> TerminalError:
    return TerminalError(
        f"{what} of {dataset.path} in staging is damaged or gone",
        fix="land a new snapshot, and do not touch the files of staging by hand",
    )


class Staging:
    """Read and write datasets below one URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._files, root = (
                pafs.FileSystem.from_uri(url) if "://" in url else (pafs.LocalFileSystem(), str(Path(url).absolute()))
            )
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(
                f"{url!r} is no place for staging: {error}", fix="name a folder or an object store URL"
            ) from error
        self._root = root.rstrip("/")

    def write_part(self, dataset: Dataset, index: int, rows: pa.Table) -> None:
        """Write one part; writing it again replaces it.

        Raises:
            TerminalError: the store is full or refuses the write; nothing half-written keeps the part's name.
        """
        folder = self._path(dataset)
        final, unfinished = f"{folder}/part-{index:06d}.parquet", f"{folder}/.part-{index:06d}.unfinished"
        with _refusals(f"part {index} of {dataset.path}"):
            self._files.create_dir(folder, recursive=True)
            with self._files.open_output_stream(unfinished) as stream:
                pq.write_table(rows, stream, compression="zstd")
            self._files.move(unfinished, final)

    def read_part(self, dataset: Dataset, index: int, columns: list[str] | None = None) -> pa.Table:
        """Read one part, or some of its columns.

        Raises:
            TerminalError: it is not there any more, or damaged.
        """
        path = f"{self._path(dataset)}/part-{index:06d}.parquet"
        try:
            return pq.read_table(path, columns=columns, filesystem=self._files)
        except (OSError, pa.ArrowInvalid) as error:
            raise _damaged(dataset, f"part {index}") from error

    def schema(self, dataset: Dataset) -> pa.Schema:
        """Return the columns of a dataset and their types, as its first part has them, without reading any row."""
        first = f"{self._path(dataset)}/part-{self.parts(dataset)[0]:06d}.parquet"
        return pq.read_schema(first, filesystem=self._files)

    def read_parts(self, dataset: Dataset, columns: list[str] | None = None) -> Iterator[tuple[int, pa.Table]]:
        """Yield every part with its number, in order, one in memory at a time."""
        for index in self.parts(dataset):
            yield index, self.read_part(dataset, index, columns)

    def read(self, dataset: Dataset, columns: list[str] | None = None) -> pa.Table:
        """Read a whole dataset; for small ones, or for a few narrow columns."""
        return pa.concat_tables([rows for _, rows in self.read_parts(dataset, columns)])

    def parts(self, dataset: Dataset) -> list[int]:
        """Return the numbers of the parts there are, in order."""
        selector = pafs.FileSelector(self._path(dataset), allow_not_found=True)
        matches = (_PART.fullmatch(info.base_name) for info in self._files.get_file_info(selector))
        return sorted(int(match[1]) for match in matches if match)

    def seal(self, dataset: Dataset, manifest: dict[str, Any]) -> None:
        """Declare a dataset complete; `manifest` is JSON: what it was made from, counts, totals, hashes.

        Raises:
            TerminalError: the store is full or refuses the write; the dataset stays incomplete.
        """
        folder = self._path(dataset)
        text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False, default=str)
        with _refusals(f"the manifest of {dataset.path}"):
            self._files.create_dir(folder, recursive=True)
            with self._files.open_output_stream(f"{folder}/.manifest.unfinished") as stream:
                stream.write(text.encode())
            self._files.move(f"{folder}/.manifest.unfinished", f"{folder}/manifest.json")

    def manifest(self, dataset: Dataset) -> dict[str, Any] | None:
        """Return the manifest of a sealed dataset, None when it is not complete."""
        path = f"{self._path(dataset)}/manifest.json"
        if self._files.get_file_info(path).type != pafs.FileType.File:
            return None
        with self._files.open_input_stream(path) as stream:
            text = stream.read()
        try:
            manifest: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise _damaged(dataset, "the manifest") from error
        return manifest

    def require(self, dataset: Dataset, *, phase: str) -> dict[str, Any]:
        """Return the manifest of a dataset that an earlier phase must have made.

        Raises:
            InputError: it is not there; the message names the phase to run.
        """
        manifest = self.manifest(dataset)
        if manifest is None:
            raise InputError(f"{dataset.layer} data of {dataset.name!r} is not there for snapshot {dataset.snapshot}",
                             fix=f"run `cutover {phase} --snapshot {dataset.snapshot}` first")  # fmt: skip
        return manifest

    def clear(self, dataset: Dataset) -> None:
        """Remove a dataset, its manifest first, so that no reader sees a sealed remainder."""
        folder = self._path(dataset)
        if self._files.get_file_info(f"{folder}/manifest.json").type == pafs.FileType.File:
            self._files.delete_file(f"{folder}/manifest.json")
        if self._files.get_file_info(folder).type == pafs.FileType.Directory:
            self._files.delete_dir(folder)

    def write_file(self, path: str, content: bytes) -> str:
        """Write a report or a workbook beside the datasets, replacing an earlier one; returns its full address.

        Raises:
            TerminalError: the store is full or refuses the write.
        """
        target = f"{self._root}/{path}"
        with _refusals(path):
            self._files.create_dir(target.rsplit("/", 1)[0], recursive=True)
            with self._files.open_output_stream(target) as stream:
                stream.write(content)
        return target if isinstance(self._files, pafs.LocalFileSystem) else f"{self.url.split('://')[0]}://{target}"

    def snapshots(self) -> list[str]:
        """Return the names of all snapshots, oldest first (their names begin with their time)."""
        selector = pafs.FileSelector(self._root, allow_not_found=True)
        try:
            found = self._files.get_file_info(selector)
        except OSError as error:
            raise InputError(
                f"the staging place {self.url} cannot be read: {error.strerror or error}",
                fix="correct CUTOVER_STAGING, or mend the access of that place",
            ) from error
        folders = (info.base_name for info in found if info.type == pafs.FileType.Directory)
        return sorted(name for name in folders if name[:1].isdigit())

    def pattern(self, dataset: Dataset) -> str:
        """Return the glob that names a dataset's parts, for set-wise SQL."""
        prefix = "" if isinstance(self._files, pafs.LocalFileSystem) else self.url.split("://")[0] + "://"
        return f"{prefix}{self._path(dataset)}/part-*.parquet"

    def _path(self, dataset: Dataset) -> str:
        return f"{self._root}/{dataset.path}"
