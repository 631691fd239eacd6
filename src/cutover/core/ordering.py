"""The order in which entities move: parents before children."""

from collections.abc import Mapping, Set
from graphlib import CycleError, TopologicalSorter


class Cycle(ValueError):
    """Entities reference each other in a circle; `path` names them, the first repeated at the end."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(" -> ".join(path))
        self.path = path


def order_entities(parents: Mapping[str, Set[str]]) -> tuple[str, ...]:
    """Return every entity after its parents, ties by name, so that the order never changes between two readings.

    parents: entity -> the entities it references; a reference to itself is ignored.

    Raises:
        Cycle: there is no such order.
    """
    sorter = TopologicalSorter({entity: sorted(set(of) - {entity}) for entity, of in sorted(parents.items())})
    try:
        sorter.prepare()
    except CycleError as error:
        raise Cycle(tuple(reversed(error.args[1]))) from error
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered.extend(ready)
        sorter.done(*ready)
    return tuple(ordered)
