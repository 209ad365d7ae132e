"""Masks and 2:4 storage of a 4096 x 11008 fp32 weight (an LLM's feed-forward layer) at the speed of the memory.

Every operation stands in one group with what others do for the same, and carries two ratios (`extra_info`, printed):
`times_faster` than a baseline and `copy_floors`. The copy floor is the time that a copy of the weight (into memory
that was touched before; 4 bytes read and 4 written per weight) would take for as many bytes as the operation has to
read and write: 5 per weight for a mask, 6.125 for 2:4 storage. Memory for results is allocated anew in every round,
"into" tells of results that are written to memory touched before.

Ratios are of medians of rounds that take turns, in CPU time of this thread where one thread works, so that other work
on the machine counts for little; two threads are told in wall time,
and by CPU time as if both cores were free. Run with `--benchmark-only -s`.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from sparsesim.formats import TwoOfFour, compress_2_4, decompress_2_4
from sparsesim.pruning import criterion_by_name, pruner_by_name
from sparsesim.pruning.single_pass import single_pass_masks
from sparsesim.tensors import SparseMatrix

SHAPE = (4096, 11008)
SIZE = SHAPE[0] * SHAPE[1]
ROUNDS = 5
MASK_BYTES, STORAGE_BYTES = 5.0, 6.125
MAGNITUDE, BLOCKS, TWO_OF_FOUR, CSR = "90 % magnitude", "4x4 blocks at 90 %", "2:4 mask", "mask to CSR at 90 %"
COMPRESS, DECOMPRESS = "2:4 compress", "2:4 decompress"


@pytest.fixture(scope="module")
def weight() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(SHAPE, dtype=np.float32)


@pytest.fixture(scope="module")
def touched(weight) -> np.ndarray:
    return weight.copy()


@pytest.fixture(scope="module")
def mask(weight) -> np.ndarray:
    return prune(weight, "magnitude", 0.9)


@pytest.fixture(scope="module")
def storage(weight) -> TwoOfFour:
    return compress_2_4(weight)


@pytest.fixture
def torch() -> Any:
    module = pytest.importorskip("torch", reason="torch is the baseline")
    before = module.get_num_threads()
    module.set_num_threads(1)
    yield module
    module.set_num_threads(before)


def prune(weight: np.ndarray, name: str, sparsity: float | None = None, threads: int = 1) -> np.ndarray:
    pruner = pruner_by_name(name, sparsity)
    return single_pass_masks(
        pruner.pattern, pruner.selector, criterion_by_name(pruner.criterion), {"w": weight}, threads
    )["w"]


def medians(*actions: Callable[[], object], clock: Callable[[], float] = time.thread_time, rounds: int = ROUNDS):
    """Median seconds of every action; the actions take turns, once before the clock runs."""
    seconds = [[] for _ in actions]
    for number in range(rounds + 1):
        for action, own in zip(actions, seconds, strict=True):
            start = clock()
            result = action()
            own.append(clock() - start)
            del result
            if number == 0:
                own.clear()
    return [float(np.median(own)) for own in seconds]


def shared_seconds(action: Callable[[], object]) -> float:
    """Seconds on two idle cores by CPU time: what the calling thread does alone, and half of what others do."""
    seconds = []
    for _ in range(ROUNDS):
        start, begin = time.process_time(), time.thread_time()
        result = action()
        whole, alone = time.process_time() - start, time.thread_time() - begin
        seconds.append(alone + (whole - alone) / 2)
        del result
    return float(np.median(seconds))


def report(benchmark, action, copy, floor_bytes=None, baselines=None, threaded=None) -> None:
    """Record how `action` stands to a copy, to the baselines (name: (action, rounds)) and to itself on two threads."""
    own, copied = medians(action, copy)
    if floor_bytes is not None:
        benchmark.extra_info["copy_floors"] = round(own / (copied * floor_bytes / 8), 2)
    for name, (baseline, rounds) in (baselines or {}).items():
        near, far = medians(action, baseline, rounds=rounds)
        benchmark.extra_info[f"times_faster_than_{name}"] = round(far / near, 2)
    if threaded is not None:
        one, two = medians(action, threaded, clock=time.perf_counter, rounds=9)
        benchmark.extra_info["two_threads"] = round(one / two, 2)
        benchmark.extra_info["two_threads_on_idle_cores"] = round(own / shared_seconds(threaded), 2)
    print(f"\n{benchmark.name}: {own * 1e3:.1f} ms CPU, {benchmark.extra_info}")
    benchmark.pedantic(action, rounds=ROUNDS, warmup_rounds=1)


def two_of_four_with_torch(torch, weight: np.ndarray) -> Any:
    groups = torch.from_numpy(weight).abs().reshape(-1, 4)
    kept = torch.zeros(groups.shape, dtype=torch.bool)
    return kept.scatter_(1, torch.topk(groups, 2, dim=1).indices, True).reshape(weight.shape)


def two_of_four_with_numpy(weight: np.ndarray) -> np.ndarray:
    groups = np.abs(weight).reshape(-1, 4)
    third = np.partition(groups, 1, axis=1)[:, 1:2]  # no ties in these weights
    return (groups > third).reshape(weight.shape)


def magnitude_with_numpy(weight: np.ndarray) -> np.ndarray:
    sizes = np.abs(weight)
    cut = round(0.9 * sizes.size)
    return sizes >= np.partition(sizes.reshape(-1), cut)[cut]


def magnitude_with_torch(torch, weight: np.ndarray) -> Any:
    sizes = torch.from_numpy(weight).abs().reshape(-1)
    return (sizes > torch.kthvalue(sizes, round(0.9 * SIZE)).values).reshape(weight.shape)


def blocks_with_numpy(weight: np.ndarray) -> np.ndarray:
    sums = np.abs(weight).reshape(SHAPE[0] // 4, 4, SHAPE[1] // 4, 4).sum(axis=(1, 3))
    cut = round(0.9 * sums.size)
    kept = sums >= np.partition(sums.reshape(-1), cut)[cut]
    return np.repeat(np.repeat(kept, 4, axis=0), 4, axis=1)


@pytest.fixture
def copy(weight, touched) -> Callable[[], None]:
    return lambda: np.copyto(touched, weight)


@pytest.mark.benchmark(group="copy of the weight")
def test_copy(benchmark, copy, weight, touched):
    benchmark(copy)
    assert touched[-1, -1] == weight[-1, -1]


@pytest.mark.benchmark(group=TWO_OF_FOUR)
def test_two_of_four(benchmark, weight, copy, torch):
    np.testing.assert_array_equal(prune(weight, "2:4"), two_of_four_with_torch(torch, weight).numpy())
    baselines = {
        "torch_topk": (lambda: two_of_four_with_torch(torch, weight), 1),
        "numpy": (lambda: two_of_four_with_numpy(weight), 3),
    }
    report(
        benchmark, lambda: prune(weight, "2:4"), copy, MASK_BYTES, baselines, lambda: prune(weight, "2:4", threads=2)
    )


@pytest.mark.benchmark(group=COMPRESS)
def test_compress(benchmark, weight, copy):
    report(benchmark, lambda: compress_2_4(weight), copy, STORAGE_BYTES, None, lambda: compress_2_4(weight, threads=2))


@pytest.mark.benchmark(group=COMPRESS)
def test_compress_into(benchmark, weight, storage, copy):
    report(
        benchmark,
        lambda: compress_2_4(weight, storage),
        copy,
        STORAGE_BYTES,
        None,
        lambda: compress_2_4(weight, storage, threads=2),
    )


@pytest.mark.benchmark(group=DECOMPRESS)
def test_decompress(benchmark, weight, storage, copy):
    np.testing.assert_array_equal(decompress_2_4(storage), np.where(prune(weight, "2:4"), weight, 0))
    action = {"fresh_copy": (weight.copy, ROUNDS)}
    report(benchmark, lambda: decompress_2_4(storage), copy, STORAGE_BYTES, action)


@pytest.mark.benchmark(group=DECOMPRESS)
def test_decompress_into(benchmark, storage, copy, touched):
    report(
        benchmark,
        lambda: decompress_2_4(storage, touched),
        copy,
        STORAGE_BYTES,
        None,
        lambda: decompress_2_4(storage, touched, threads=2),
    )


@pytest.mark.benchmark(group=MAGNITUDE)
def test_magnitude(benchmark, weight, mask, copy, torch):
    assert SIZE - mask.sum() == round(0.9 * SIZE)
    assert (mask == magnitude_with_numpy(weight)).mean() > 1 - 1e-6  # NumPy's version keeps all ties at the cut
    baselines = {
        "np_partition": (lambda: magnitude_with_numpy(weight), 3),
        "torch_kthvalue": (lambda: magnitude_with_torch(torch, weight), 1),
    }
    two = lambda: prune(weight, "magnitude", 0.9, threads=2)  # noqa: E731
    report(benchmark, lambda: prune(weight, "magnitude", 0.9), copy, MASK_BYTES, baselines, two)


@pytest.mark.benchmark(group=BLOCKS)
def test_blocks(benchmark, weight, copy):
    assert (prune(weight, "block-4x4", 0.9) == blocks_with_numpy(weight)).mean() > 1 - 1e-6  # sums of fp32 may tie
    baselines = {"numpy": (lambda: blocks_with_numpy(weight), 3)}
    two = lambda: prune(weight, "block-4x4", 0.9, threads=2)  # noqa: E731
    report(benchmark, lambda: prune(weight, "block-4x4", 0.9), copy, MASK_BYTES, baselines, two)


@pytest.mark.benchmark(group=CSR)
def test_csr(benchmark, weight, mask, copy):
    masked = np.where(mask, weight, 0)
    np.testing.assert_array_equal(SparseMatrix.from_mask(mask).indices, sp.csr_matrix(mask).indices)
    baselines = {
        "scipy_of_the_mask": (lambda: sp.csr_matrix(mask), 3),
        "scipy_of_the_masked_weight": (lambda: sp.csr_matrix(masked), 3),
    }
    report(
        benchmark,
        lambda: SparseMatrix.from_mask(mask),
        copy,
        None,
        baselines,
        lambda: SparseMatrix.from_mask(mask, threads=2),
    )


@pytest.mark.benchmark(group=CSR)
def test_csr_with_values(benchmark, weight, mask, copy):
    masked = np.where(mask, weight, 0)
    baselines = {"scipy_of_the_masked_weight": (lambda: sp.csr_matrix(masked), 3)}
    report(benchmark, lambda: SparseMatrix.from_dense(masked), copy, None, baselines)


BASELINES = {
    "2:4 mask, torch.topk": (TWO_OF_FOUR, lambda torch, weight: two_of_four_with_torch(torch, weight)),
    "2:4 mask, NumPy": (TWO_OF_FOUR, lambda torch, weight: two_of_four_with_numpy(weight)),
    "magnitude, np.partition": (MAGNITUDE, lambda torch, weight: magnitude_with_numpy(weight)),
    "magnitude, torch.kthvalue": (MAGNITUDE, lambda torch, weight: magnitude_with_torch(torch, weight)),
    "4x4 blocks, NumPy": (BLOCKS, lambda torch, weight: blocks_with_numpy(weight)),
}


@pytest.mark.parametrize("name", BASELINES)
def test_baseline(benchmark, name, torch, weight):
    benchmark.group, action = BASELINES[name]
    result = benchmark.pedantic(action, args=(torch, weight), rounds=1)
    assert tuple(result.shape) == SHAPE


def test_baseline_scipy_csr(benchmark, mask):
    benchmark.group = CSR
    assert benchmark.pedantic(sp.csr_matrix, args=(mask,), rounds=3).nnz == mask.sum()
