"""The merge tree of `definition.timing`, element by element."""

from collections import deque

Key = tuple[int, int, int]
"""Round, row and column: elements of a later round come after all of an earlier one."""


class Tree:
    """A binary merge tree with a FIFO at every input of every node.

    Attributes:
        fifos: fifos[l][i] is input i of layer l; fifos[layers][0] is behind the root.
        ended: ended[l][i] is the last round that fifos[l][i] has received completely.
    """

    def __init__(self, layers: int, depth: int, width: int) -> None:
        self.layers, self.depth, self.width = layers, depth, width
        self.fifos = [[deque[Key]() for _ in range(1 << (layers - layer))] for layer in range(layers + 1)]
        self.ended = [[-1] * (1 << (layers - layer)) for layer in range(layers + 1)]

    def room(self, layer: int, node: int) -> int:
        """Free entries of a FIFO."""
        return self.depth - len(self.fifos[layer][node])

    def step(self) -> None:
        """One cycle of all mergers, root first, so that an element moves one layer per cycle."""
        for layer in range(self.layers - 1, -1, -1):
            nodes = range(len(self.fifos[layer + 1]))
            # The lowest of the nodes that can take the most.
            most, node = max((self._can_take(layer, node), -node) for node in nodes)
            if most > 0:
                self._merge(layer, -node)
            for node in nodes:
                self.ended[layer + 1][node] = max(self.ended[layer + 1][node], self._ended_behind(layer, node))

    def _sides(self, layer: int, node: int) -> tuple[deque[Key], deque[Key], int, int]:
        left, right = 2 * node, 2 * node + 1
        fifos, ended = self.fifos[layer], self.ended[layer]
        return fifos[left], fifos[right], ended[left], ended[right]

    def _can_take(self, layer: int, node: int) -> int:
        """Elements that the merger could take at this node now; 0 if the smallest key is not yet known."""
        left, right, left_ended, right_ended = self._sides(layer, node)
        known = (left and right) or (left and right_ended >= left[0][0]) or (right and left_ended >= right[0][0])
        return min(self.width, len(left) + len(right), self.room(layer + 1, node)) if known else 0

    def _merge(self, layer: int, node: int) -> None:
        left, right, left_ended, right_ended = self._sides(layer, node)
        out, taken = self.fifos[layer + 1][node], 0
        while taken < self.width and self.room(layer + 1, node) > 0:
            if left and right and left[0] == right[0]:
                if taken + 2 > self.width:
                    return
                right.popleft()
                out.append(left.popleft())
                taken += 2
                continue
            take_left = left and (left[0] < right[0] if right else right_ended >= left[0][0])
            take_right = right and (right[0] < left[0] if left else left_ended >= right[0][0])
            if not (take_left or take_right):
                return
            out.append((left if take_left else right).popleft())
            taken += 1

    def _ended_behind(self, layer: int, node: int) -> int:
        left, right, left_ended, right_ended = self._sides(layer, node)
        return min(left[0][0] - 1 if left else left_ended, right[0][0] - 1 if right else right_ended)
