"""COPY as a stream of blocks that are cut between rows, in constant memory."""

import queue
import threading
from collections.abc import Iterator

from psycopg2.extensions import connection as PostgresConnection

_BLOCK = 8 << 20
_AHEAD = 2


class _Abandoned(Exception):
    """Nobody reads the blocks any more."""


class _Sink:
    """Takes rows as COPY delivers them, one whole row a call, and hands on blocks."""

    def __init__(self, blocks: "queue.Queue[bytes | BaseException | None]", abandoned: threading.Event) -> None:
        self._blocks, self._abandoned = blocks, abandoned
        self._rows: list[bytes] = []
        self._size = 0

    def write(self, row: bytes) -> int:
        self._rows.append(row)
        self._size += len(row)
        if self._size >= _BLOCK:
            self.flush()
        return len(row)

    def flush(self) -> None:
        block, self._rows, self._size = b"".join(self._rows), [], 0
        while block:
            if self._abandoned.is_set():
                raise _Abandoned
            try:
                self._blocks.put(block, timeout=0.2)
            except queue.Full:
                continue
            return


def copy_out(connection: PostgresConnection, statement: str) -> Iterator[bytes]:
    """Yield the output of a COPY TO STDOUT in blocks of whole rows; a thread reads ahead meanwhile.

    Raises:
        psycopg2.Error: the database refuses the statement or is lost.
    """
    blocks: queue.Queue[bytes | BaseException | None] = queue.Queue(_AHEAD)
    abandoned = threading.Event()
    reader = threading.Thread(target=_copy, args=(connection, statement, blocks, abandoned), daemon=True)
    reader.start()
    try:
        while (block := blocks.get()) is not None:
            if isinstance(block, BaseException):
                raise block
            yield block
    finally:
        abandoned.set()
        if reader.is_alive():
            connection.cancel()
        reader.join()


def _copy(
    connection: PostgresConnection,
    statement: str,
    blocks: "queue.Queue[bytes | BaseException | None]",
    abandoned: threading.Event,
) -> None:
    sink = _Sink(blocks, abandoned)
    outcome: BaseException | None = None
    try:
        with connection.cursor() as cursor:
            cursor.copy_expert(statement, sink)
        sink.flush()
    except _Abandoned:
        return
    except BaseException as error:
        outcome = error
    while not abandoned.is_set():
        try:
            return blocks.put(outcome, timeout=0.2)
        except queue.Full:
            continue
