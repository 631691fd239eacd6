"""Numbers given by rules of kind sequence: one per rule and source key, kept in the ledger for as long as it stands."""

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cutover.errors import TerminalError
from cutover.systems.copying import copy_in
from cutover.systems.queries import run

_TABLE = "cutover.given_number"


def give_numbers(connection: Connection, rule: str, keys: pa.Array, *, first: int, last: int, keep: bool) -> pa.Array:
    """Return the number of each key; a key that has one keeps it, the others take the next ones in their order.

    keep: write new numbers down; without it they are what would be given now, and nothing is changed.

    Raises:
        TerminalError: the range holds fewer numbers than there are keys.
    """
    if keep:
        run(connection, "lock_given_numbers")
    known = run(connection, "list_given_numbers", rule=rule).all()
    codes = pa.array([row.source_key for row in known], pa.string())
    numbers = pa.array([row.number for row in known], pa.int64())
    new = pc.unique(keys.filter(pc.invert(pc.is_in(keys, value_set=codes))))
    highest = pc.max(numbers).as_py()
    begin = first if highest is None else max(first, highest + 1)
    if len(new) > last - begin + 1:
        raise TerminalError(
            f"rule {rule} needs {len(new)} more numbers, its range {first} to {last} holds {max(last - begin + 1, 0)}",
            fix="widen the range in the mapping; numbers that were given stay as they are",
        )
    given = pc.add(pa.array(range(len(new)), pa.int64()), begin)
    if keep and len(new):
        rules = pa.repeat(pa.scalar(rule), len(new))
        copy_in(connection, _TABLE, pa.table([rules, new, given], names=["rule", "source_key", "number"]))
    place = pc.index_in(keys, value_set=pa.concat_arrays([codes, new]))
    return pa.concat_arrays([numbers, given]).take(place)
