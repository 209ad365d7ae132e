"""The definition of the unit's timing: every element, every cycle, in plain Python; for small matrices.

One cycle at a time, from the root of the merge tree back to DRAM, so that data moved in one cycle is used in the next
at the earliest:

1. The root feeds the writer FIFO, which sends results to DRAM in blocks; a block frees its entries when it has left.
2. Every layer of the tree has one merger. It serves the node that can take the most elements and merges the two FIFOs
   in front of it, smallest key first; equal keys leave as one. It must know the next key on both sides, or that a side
   has delivered everything for this round.
3. Each multiplier group takes one element of A, the one with the smallest next key, and sends one product per lane to
   the FIFO of that element's leaf, if its row of B has arrived and the FIFO has room for all of them (back-pressure).
   The elements of a round wait for the first block of every stored partial that it reads.
4. Stored partials are read in blocks, once written, up to `STORED_AHEAD` elements ahead.
5. Elements of A are read in blocks. The prefetcher follows them and requests the lines of B that it misses, as long as
   no more than `outstanding_lines` are in flight.

Each DRAM channel moves its share of `bytes_per_cycle`, first come first served; data can be used `latency_cycles` after
its transfer.
"""

from collections import deque
from typing import NamedTuple

from sparsesim.accelerators.condensed_outer_product.definition.timing_plan import Element, Plan, StoredRead, plan_of
from sparsesim.accelerators.condensed_outer_product.definition.timing_tree import Tree
from sparsesim.accelerators.condensed_outer_product.spec import CondensedOuterProduct
from sparsesim.accelerators.condensed_outer_product.timing import BLOCK_BYTES
from sparsesim.matmul import MatmulOp
from sparsesim.units import ceil_div

STORED_AHEAD = 512
A_AHEAD = 512
INTERLEAVE_BYTES = 64
"""Channel interleaving (assumed: one HBM burst pair; unpublished)."""

ACCESSES_PER_CYCLE = 16
"""Rows of B that the fetchers look up in one cycle (SpArch, HPCA 2020: 16 fetchers)."""


class Memory(NamedTuple):
    """DRAM, interleaved over its channels every `INTERLEAVE_BYTES`.

    Attributes:
        bytes_per_cycle: bandwidth of all channels together.
        latency_cycles: from the end of a transfer until its data can be used.
        channels: number of channels.
    """

    bytes_per_cycle: int
    latency_cycles: int
    channels: int = 1


class Dram:
    """Channels as running totals of the bytes each is booked for: time times rate, so no queue is needed."""

    def __init__(self, memory: Memory) -> None:
        self.rate = memory.bytes_per_cycle // memory.channels
        self.taken = [0] * memory.channels
        self.used = 0

    def region(self, size_bytes: int) -> int:
        """Allocate `size_bytes`; returns the address."""
        start = ceil_div(self.used, BLOCK_BYTES) * BLOCK_BYTES
        self.used = start + size_bytes
        return start

    def request(self, cycle: int, address: int, size_bytes: int) -> int:
        """Cycle by which `size_bytes` from `address` on have been transferred."""
        left, end = cycle, address + size_bytes
        while address < end:
            piece = min(end, (address // INTERLEAVE_BYTES + 1) * INTERLEAVE_BYTES) - address
            channel = address // INTERLEAVE_BYTES % len(self.taken)
            self.taken[channel] = max(self.taken[channel], cycle * self.rate) + piece
            left = max(left, ceil_div(self.taken[channel], self.rate))
            address += piece
        return left


class Writer:
    """Sends results to DRAM in blocks, through a FIFO of `capacity` elements."""

    def __init__(self, plan: Plan, dram: Dram, capacity: int) -> None:
        self.plan, self.dram, self.capacity = plan, dram, capacity
        self.waiting: deque[int] = deque()
        self.leaving: deque[tuple[int, int]] = deque()
        self.taken, self.sent = [0] * len(plan.results), [0] * len(plan.results)
        self.landed: list[int | None] = [None] * len(plan.results)
        sizes = zip(plan.results, plan.result_bytes, strict=True)
        self.address = [dram.region(count * size) for count, size in sizes]
        self.held = 0

    def step(self, cycle: int, tree: Tree) -> None:
        """Free entries that have left, take results from the root, send full blocks and the last block of a round."""
        while self.leaving and self.leaving[0][0] <= cycle:
            self.held -= self.leaving.popleft()[1]
        root = tree.fifos[-1][0]
        for _ in range(min(tree.width, len(root), self.capacity - self.held)):
            self.waiting.append(root.popleft()[0])
            self.taken[self.waiting[-1]] += 1
            self.held += 1
        while self.waiting and self._send(cycle):
            pass
        for number, results in enumerate(self.plan.results):
            if results == 0 and self.landed[number] is None and tree.ended[-1][0] >= number:
                self.landed[number] = cycle

    def _send(self, cycle: int) -> bool:
        number = self.waiting[0]
        size = self.plan.result_bytes[number]
        block = max(1, BLOCK_BYTES // size)
        ready = min(block, self.taken[number] - self.sent[number])
        if ready < block and self.taken[number] < self.plan.results[number]:
            return False
        for _ in range(ready):
            self.waiting.popleft()
        left = self.dram.request(cycle, self.address[number] + self.sent[number] * size, ready * size)
        self.leaving.append((left, ready))
        self.sent[number] += ready
        if self.sent[number] == self.plan.results[number]:
            self.landed[number] = left
        return True


class Run:
    """One operation, cycle by cycle."""

    def __init__(self, unit: CondensedOuterProduct, op: MatmulOp, memory: Memory) -> None:
        self.unit, self.plan, self.dram = unit, plan_of(unit, op), Dram(memory)
        self.latency = memory.latency_cycles
        self.tree = Tree(unit.layers, unit.fifo_elements, unit.merger_elements_per_cycle)
        self.writer = Writer(self.plan, self.dram, unit.writer_fifo_elements)
        peak = unit.peak_macs_per_cycle(op.a.dtype)
        self.lanes = ceil_div(peak, unit.multiplier_groups)
        self.a_bytes = unit.element_bytes(op.a.dtype)
        self.a_address = self.dram.region(len(self.plan.elements) * self.a_bytes)
        self.b_address = self.dram.region(self.plan.b_bytes)
        places = range(1 << unit.layers)
        self.feed = [deque(e for e in self.plan.elements if e.place == place) for place in places]
        self.requested, self.looked_up = 0, 0
        self.under_way: deque[int] = deque()

    def cycles(self) -> int:
        """Cycles until the last result has left."""
        cycle = 0
        while any(landed is None or landed > cycle for landed in self.writer.landed):
            # Consumers before producers: room freed in a cycle is used in it, data only in the next.
            self._end_rounds()
            self.writer.step(cycle, self.tree)
            self.tree.step()
            self._multiply(cycle)
            self._read_stored(cycle)
            self._read_a(cycle)
            self._prefetch(cycle)
            cycle += 1
        return cycle

    def _end_rounds(self) -> None:
        """An input has delivered everything for a round when it has neither elements nor stored keys of it left."""
        last = len(self.plan.results) - 1
        for place, elements in enumerate(self.feed):
            stored = self.plan.stored[place]
            left = [queue[0].round for queue in (elements, stored) if queue]
            self.tree.ended[0][place] = min(left) - 1 if left else last

    def _multiply(self, cycle: int) -> None:
        waiting = {read.round for reads in self.plan.stored for read in reads if read.arrived == 0 and read.keys}
        served: list[Element] = []
        for _ in range(self.unit.multiplier_groups):
            ready = [queue[0] for queue in self.feed if queue and self._can_multiply(queue[0], cycle, waiting)]
            ready = [element for element in ready if element not in served]
            if not ready:
                return
            element = min(ready, key=lambda candidate: candidate.key)
            served.append(element)
            count = min(self.lanes, len(element.columns) - element.done)
            keys = [(element.round, element.row, c) for c in element.columns[element.done : element.done + count]]
            self.tree.fifos[0][element.place].extend(keys)
            element.done += count
            if element.done == len(element.columns):
                self.feed[element.place].popleft()

    def _can_multiply(self, element: Element, cycle: int, waiting: set[int]) -> bool:
        stored = self.plan.stored[element.place]
        if element.round in waiting or (stored and stored[0].round < element.round):
            return False
        need = min(self.lanes, len(element.columns) - element.done)
        arrived = element.ready is not None and element.ready <= cycle
        return arrived and self.tree.room(0, element.place) >= need

    def _read_stored(self, cycle: int) -> None:
        for place, reads in enumerate(self.plan.stored):
            ahead = 0
            for number, read in enumerate(reads):
                while read.under_way and read.under_way[0][0] <= cycle:
                    read.arrived = read.under_way.popleft()[1]
                if number == 0:
                    self._enter(place, read)
                ahead += read.requested - read.entered
                self._request_stored(cycle, read, ahead)
                if read.requested < len(read.keys):
                    break
            while reads and reads[0].entered == len(reads[0].keys):
                reads.popleft()

    def _enter(self, place: int, read: StoredRead) -> None:
        if self.feed[place] and self.feed[place][0].round < read.round:
            return
        count = min(read.arrived - read.entered, self.tree.room(0, place))
        keys = read.keys[read.entered : read.entered + count]
        self.tree.fifos[0][place].extend((read.round, *key) for key in keys)
        read.entered += count

    def _request_stored(self, cycle: int, read: StoredRead, ahead: int) -> None:
        landed = self.writer.landed[read.source]
        if landed is None or landed > cycle or ahead >= STORED_AHEAD or read.requested == len(read.keys):
            return
        size = self.unit.partial_element_bytes
        count = min(max(1, BLOCK_BYTES // size), len(read.keys) - read.requested)
        address = self.writer.address[read.source] + read.requested * size
        read.requested += count
        read.under_way.append((self.dram.request(cycle, address, count * size) + self.latency, read.requested))

    def _read_a(self, cycle: int) -> None:
        if self.requested - self.looked_up < A_AHEAD:
            block = self.plan.elements[self.requested : self.requested + max(1, BLOCK_BYTES // self.a_bytes)]
            if block:
                address = self.a_address + self.requested * self.a_bytes
                arrives = self.dram.request(cycle, address, len(block) * self.a_bytes) + self.latency
                for element in block:
                    element.arrives = arrives
                self.requested += len(block)

    def _prefetch(self, cycle: int) -> None:
        while self.under_way and self.under_way[0] <= cycle:
            self.under_way.popleft()
        for element in self.plan.elements[self.looked_up : min(self.requested, self.looked_up + ACCESSES_PER_CYCLE)]:
            too_many = len(self.under_way) + element.missed_lines > self.unit.outstanding_lines
            if element.arrives > cycle or (too_many and self.under_way):
                return
            element.ready = cycle
            if element.missed_lines:
                element.ready = self._request_b(cycle, element) + self.latency
                self.under_way.extend([element.ready] * element.missed_lines)
            self.looked_up += 1

    def _request_b(self, cycle: int, element: Element) -> int:
        return self.dram.request(cycle, self.b_address + element.b_offset, element.missed_bytes)


def reference_cycles(unit: CondensedOuterProduct, op: MatmulOp, memory: Memory) -> int:
    """Cycles of `op` by the definition above."""
    return Run(unit, op, memory).cycles()
