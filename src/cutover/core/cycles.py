"""Circles in structures: a bill of material that contains itself, an account that is its own ancestor."""

import numpy as np
import pyarrow as pa


def rows_in_circles(parents: pa.Array, children: pa.Array) -> pa.BooleanArray:
    """Say for each edge (parent -> child) whether it lies on a circle; an edge with an empty end does not.

    Leaves and roots are peeled off set-wise first, so the graph library only sees the small rest.
    """
    codes = pa.concat_arrays([parents, children]).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    present = ~np.isnan(codes.astype(float))
    ends = np.where(present, codes, -1).astype(np.int64)
    parent, child = ends[: len(parents)], ends[len(parents) :]
    alive = (parent >= 0) & (child >= 0)
    while True:
        # On a circle every child is a parent, and every parent a child.
        keep = alive & np.isin(child, parent[alive]) & np.isin(parent, child[alive])
        if keep.sum() == alive.sum():
            break
        alive = keep
    return pa.array(_on_circle(parent, child, alive))


def _on_circle(parent: np.ndarray, child: np.ndarray, alive: np.ndarray) -> np.ndarray:
    # Imported here, because it takes a fifth of a second and few batches of work ever come this way.
    import networkx

    graph = networkx.DiGraph(zip(parent[alive].tolist(), child[alive].tolist(), strict=True))
    component = {
        node: index for index, nodes in enumerate(networkx.strongly_connected_components(graph)) for node in nodes
    }
    same = [component[a] == component[b] for a, b in zip(parent[alive].tolist(), child[alive].tolist(), strict=True)]
    result = np.zeros(len(parent), dtype=bool)
    result[np.flatnonzero(alive)] = same
    return result
