"""Order and cycles of things that name one another: constants, messages, stages. Without recursion, since a schema can be deep."""

from __future__ import annotations

from typing import Iterator, Mapping, Sequence


def sort(edges: Mapping[str, Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """(order, cycles): every node after those that it names, and each cycle found as [a, b, a]. Names without a node are ignored."""
    order: list[str] = []
    cycles: list[list[str]] = []
    done: set[str] = set()
    for root in edges:
        if root not in done:
            _visit(root, edges, done, order, cycles)
    return order, cycles


def _visit(root: str, edges: Mapping[str, Sequence[str]], done: set[str], order: list[str], cycles: list[list[str]]) -> None:
    path: dict[str, Iterator[str]] = {root: iter(edges[root])}
    while path:
        node = next(reversed(path))
        following = next((name for name in path[node] if name in edges and name not in done), None)
        if following is None:
            del path[node]
            done.add(node)
            order.append(node)
        elif following in path:
            cycle = list(path)
            cycles.append([*cycle[cycle.index(following):], following])
        else:
            path[following] = iter(edges[following])


def spell(cycle: Sequence[str]) -> str:
    return " -> ".join(cycle)
