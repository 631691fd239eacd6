"""Circles in structures and the order of entities, against networkx and by their laws."""

import networkx
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.core.cycles import rows_in_circles
from cutover.core.ordering import Cycle, order_entities

NODES = st.none() | st.sampled_from("abcdefg")


@given(edges=st.lists(st.tuples(NODES, NODES), max_size=20))
def test_rows_on_circles_are_those_that_networkx_finds(edges: list[tuple[str | None, str | None]]) -> None:
    parents, children = (pa.array([edge[side] for edge in edges], pa.string()) for side in (0, 1))
    graph = networkx.DiGraph([edge for edge in edges if None not in edge])
    expected = [None not in edge and networkx.has_path(graph, edge[1], edge[0]) for edge in edges]
    assert rows_in_circles(parents, children).to_pylist() == expected


def test_no_rows_hold_no_circle() -> None:
    assert rows_in_circles(pa.array([], pa.string()), pa.array([], pa.string())).to_pylist() == []
    assert rows_in_circles(pa.nulls(2, pa.string()), pa.array(["a", "b"])).to_pylist() == [False, False]


GRAPHS = st.dictionaries(st.sampled_from("abcdefgh"), st.sets(st.sampled_from("abcdefgh")), min_size=1)


@given(parents=GRAPHS)
def test_parents_come_first_and_the_order_never_changes(parents: dict[str, set[str]]) -> None:
    graph = networkx.DiGraph([(parent, child) for child, of in parents.items() for parent in of if parent != child])
    shuffled = dict(reversed(list(parents.items())))
    if not networkx.is_directed_acyclic_graph(graph):
        with pytest.raises(Cycle) as cycle:
            order_entities(parents)
        path = cycle.value.path
        assert path[0] == path[-1]
        # Each entity on the path references the next one.
        assert all(after in parents[before] for before, after in zip(path, path[1:], strict=False))
        return
    order = order_entities(parents)
    assert order == order_entities(shuffled)
    place = {entity: index for index, entity in enumerate(order)}
    assert all(place[parent] < place[child] for child, of in parents.items() for parent in of if parent != child)
    assert set(parents) <= set(order)


def test_a_reference_to_itself_is_no_circle() -> None:
    assert order_entities({"a": {"a"}}) == ("a",)
