"""The power cap with what may be drawn beyond it, the interval of launches, and the bandwidth that streams reach."""

import pytest

from sparsesim.counts import Counts
from sparsesim.engines import least_cycles, run_schedule
from sparsesim.hardware import Power, load_energy_table, load_machine, price
from sparsesim.hardware.power import own_energy, seconds_under_cap
from sparsesim.matmul import matmul_op
from sparsesim.shipped import shipped_file
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix
from sparsesim.tensors.generators import uniform

BASE = load_machine("a100-pcie").only("gemm")
TABLE = load_energy_table("gpu-7nm")
PJ_PER_BYTE = 8 * TABLE.actions["dram_read_bits"].pj / TABLE.actions["dram_read_bits"].per


def card(**changes):
    return BASE.model_copy(update={"energy_table": TABLE, "launch_ns": 0.0, "launch_interval_ns": 0.0, **changes})


def counts_of(millijoule, cycles=1410):
    """DRAM reads of so much energy in a microsecond."""
    size = round(millijoule * 1e9 / PJ_PER_BYTE)
    return Counts(cycles=cycles, actions={"dram_read_bits": 8 * size}, dram_bytes={"A": size})


@pytest.mark.parametrize(
    ("runs", "seconds"),
    [(None, 2e-3 / 200), (1, 1e-6), (2, 1e-3 / 200), (4, 1.5e-3 / 200), (1000, (2e-3 - 2e-6) / 200)],
)
def test_equal_runs_share_what_may_be_drawn_beyond_the_cap(runs, seconds):
    """2 mJ a run, 200 W to spend and 2 mJ beyond: one run alone is free, n runs get 2 mJ / n each."""
    machine = card(power=Power(cap_w=300, idle_w=100, credit_j=2e-3))
    taken, throttled = seconds_under_cap(counts_of(2), machine.benchmarked(runs, warm=False))
    assert taken == pytest.approx(seconds, rel=1e-6)
    assert throttled == (runs != 1)


def test_a_credit_is_no_use_without_an_end_and_none_is_none():
    with_credit = card(power=Power(cap_w=300, idle_w=100, credit_j=5.0))
    without = card(power=Power(cap_w=300, idle_w=100))
    assert seconds_under_cap(counts_of(2), with_credit) == seconds_under_cap(counts_of(2), without)
    assert seconds_under_cap(counts_of(2), without.benchmarked(3, warm=False)) == seconds_under_cap(
        counts_of(2), without
    )


def test_a_credit_never_makes_a_run_faster_than_its_cycles():
    machine = card(power=Power(cap_w=300, idle_w=100, credit_j=5.0))
    assert seconds_under_cap(counts_of(0.01, cycles=1_410_000), machine.benchmarked(1, warm=False)) == (1e-3, False)


def gemm(m, n, k):
    return matmul_op(DenseMatrix((m, k)), DenseMatrix((k, n)), "dense", "fp16")


def test_simulated_runs_of_a_benchmark_use_the_credit():
    machine = card(power=Power(cap_w=100, idle_w=50, credit_j=0.1))
    times = [
        simulate(gemm(4096, 4096, 4096), machine.benchmarked(runs, warm=False), TABLE).seconds
        for runs in (1, 2, 1000, None)
    ]
    assert times == sorted(times)
    assert times[0] < times[1] < times[3]
    assert times[2] == pytest.approx(times[3], rel=0.05)


@pytest.mark.parametrize("interval_ns", [0.0, 1_000.0, 50_000.0, 1e6])
def test_no_operation_takes_less_than_the_interval_of_launches(interval_ns):
    free, held = card(power=None), card(power=None, launch_interval_ns=interval_ns)
    schedule = free.unit.plan(gemm(512, 512, 512))
    cycles = run_schedule(schedule, free).cycles
    floor = round(interval_ns * 1.41)
    assert 1_410 < cycles < 70_500
    assert held.launch_interval_cycles == floor
    assert run_schedule(schedule, held).cycles == max(cycles, floor)
    assert floor <= least_cycles(schedule, held) <= max(cycles, floor)


def test_the_interval_holds_whatever_the_engine():
    machine = card(power=None, launch_interval_ns=1e6)
    for engine in ("fast", "event", "lower-bound", "upper-bound"):
        result = simulate(gemm(64, 64, 64), machine, TABLE, engine=engine)
        assert (result.cycles, result.seconds) == (1_410_000, pytest.approx(1e-3))
        assert result.bottleneck == "launch"


def test_streams_reach_a_share_of_the_peak():
    """1410 MHz and 2820 GB/s are two bytes per cycle and Hz: 2000 at the peak, one in two of them at 50 %."""
    peak = BASE.dram.model_copy(update={"bandwidth_bytes_per_s": 2_820_000_000_000, "efficiency": 1.0})
    half = peak.model_copy(update={"efficiency": 0.5})
    fast, slow = card(dram=peak), card(dram=half)
    assert (fast.dram_rate, slow.dram_rate) == ((2000, 1), (1000, 1))
    size = 64 * 1_000_000
    assert (fast.transfer_cycles(size), slow.transfer_cycles(size)) == (32_000, 64_000)


def test_utilisation_of_the_bandwidth_is_relative_to_the_peak():
    """A stream that keeps the memory busy all the time uses the share of the peak that streams reach."""
    op = gemm(1, 32768, 8192)
    used = {}
    for share in (0.5, 0.8, 1.0):
        machine = card(power=None, dram=BASE.dram.model_copy(update={"efficiency": share}))
        result = simulate(op, machine, TABLE)
        assert result.bottleneck == "memory"
        assert result.peak_bytes_per_s == BASE.dram.bandwidth_bytes_per_s
        moved = sum(result.dram_bytes.values())
        assert result.bandwidth_utilisation == pytest.approx(moved / result.seconds / 1935e9)
        used[share] = result.bandwidth_utilisation
    assert used[0.5] == pytest.approx(0.5, rel=0.05)
    assert used[0.5] < used[0.8] < used[1.0] < 1
    assert used[0.8] <= 0.8


def test_idle_power_without_a_cap_costs_energy_and_no_time(tmp_path):
    path = tmp_path / "mine.yaml"
    description = shipped_file("machine", "core-i7-5930k", "models/hardware", ".yaml").read_text()
    given = "power: {idle_w: 15}\nsources:\n  power: measured\n"
    path.write_text(description.replace("sources:\n", given))
    machine, counts = load_machine(path), counts_of(1e6)
    assert (machine.power.cap_w, machine.idle_w) == (None, 15)
    assert seconds_under_cap(counts, machine) == (counts.cycles / 3.5e9, False)
    result, without = (simulate(gemm(64, 64, 64), one, TABLE) for one in (machine, load_machine("core-i7-5930k")))
    assert result.seconds == without.seconds
    assert result.energy_pj["static"] == pytest.approx(15e12 * result.seconds)
    assert (without.energy_pj["static"], without.idle_w, result.idle_w) == (0, None, 15)


@pytest.mark.parametrize("table", [None, TABLE, load_energy_table("horowitz-45nm")])
def test_mean_power_is_idle_and_dynamic_energy_at_own_prices_whatever_the_table(table):
    """Nothing is counted twice: at its own prices the energy of a card is its mean power over the run."""
    machine = card(power=Power(cap_w=300, idle_w=100))
    result = simulate(gemm(512, 512, 512), machine, table)
    own = simulate(gemm(512, 512, 512), machine)
    assert own.energy_table == TABLE.name
    assert result.power_w == own.power_w == pytest.approx(100 + own.energy_pj["dynamic"] * 1e-12 / own.seconds)
    assert own.energy_pj["total"] == pytest.approx(own.power_w * own.seconds * 1e12)
    assert result.energy_pj["static"] == own.energy_pj["static"] == pytest.approx(100e12 * own.seconds)
    counted = price(Counts(result.cycles, result.counts, result.dram_bytes), table or TABLE)
    assert result.energy_pj["dynamic"] == counted["dynamic"]


def test_a_capped_card_draws_its_cap():
    """What the cap leaves for work, and idle power over the longer time, are the cap."""
    machine = card(power=Power(cap_w=100, idle_w=50))
    result = simulate(gemm(4096, 4096, 4096), machine)
    assert result.bottleneck == "power"
    assert result.power_w == pytest.approx(100)
    assert result.energy_pj["total"] == pytest.approx(100e12 * result.seconds)
    assert result.energy_pj["static"] == pytest.approx(50e12 * result.seconds)


def test_own_energy_is_measured_where_a_routine_states_its_power():
    """fp32 GEMV of the Titan X: 158.33 W, of which 15 W idle; two sparse operands have no measured power."""
    machine = load_machine("titan-x")
    counts = Counts(cycles=10, actions={"mult_fp32": 10}, dram_bytes={})
    b, square = DenseMatrix((64, 1)), DenseMatrix((64, 64))
    prices, energy_pj = own_energy(matmul_op(square, b, "dense", "fp32"), counts, machine, 1e-6)
    assert prices == "measured power"
    assert energy_pj["total"] == pytest.approx(158.33e6)
    assert energy_pj["static"] == pytest.approx(15e6)
    sparse = uniform(64, 64, 0.1, 0)
    prices, energy_pj = own_energy(matmul_op(sparse, sparse, "csr", "fp32"), counts, machine, 1e-6)
    assert (prices, energy_pj["measured"]) == ("horowitz-45nm", 0)
    assert energy_pj["total"] == pytest.approx(15e6 + 37)
