"""Which kernel of a card runs, by the format of the operands, and how YAML describes a library of kernels."""

import pytest
import yaml

from sparsesim.errors import InputError, PatternError, UnknownNameError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, drawn_nm, uniform
from tests.machines import KERNELS, alone, held, taken

TABLE = load_energy_table("gpu-7nm")
CARD, STC, SPARCH = (load_machine(name) for name in ("a100-pcie", "sparseloop-stc", "sparch"))


def op_of(form, dtype="fp16", density=0.1, side=64, columns=32, sparse_b=False):
    a = drawn_nm(side, side, 2, 4, 0) if form == "nm-2:4" else held(uniform(side, side, density, seed=1), form)
    b = uniform(side, columns, 0.3, seed=2) if sparse_b else DenseMatrix((side, columns))
    return matmul_op(a, b, form, dtype, name="fc")


def called(machine, op):
    return [(call.kernel, call.op.a.format.name, call.op.b.format.name, call.unpacked) for call in machine.calls(op)]


@pytest.mark.parametrize(
    ("form", "kernel"),
    [
        ("dense", "gemm"),
        ("nm-2:4", "gemm-2:4"),
        ("csr", "spmm"),
        ("bsr-2x1", "vector-spmm"),
        ("bsr-8x1", "vector-spmm"),
    ],
)
def test_a_kernel_takes_its_formats_as_they_are_stored(form, kernel):
    op = op_of(form)
    (call,) = CARD.calls(op)
    assert (call.kernel, call.unpacked, call.note) == (kernel, "", "")
    assert call.op is op
    result = simulate(op, CARD, TABLE)
    assert (result.kernel, result.unpacked, result.note, result.format) == (kernel, "", "", form)
    assert result.seconds == simulate(op, CARD.only(kernel), TABLE).seconds


@pytest.mark.parametrize("form", ["bitmap", "rle-5", "coo", "ell", "relative-8", "bsr-4x4", "nm-1:4"])
def test_what_no_kernel_takes_is_unpacked_when_loaded_and_runs_dense(form):
    op = matmul_op(drawn_nm(64, 64, 1, 4, 0), DenseMatrix((64, 32)), form, "fp16", name="fc")
    result, dense = simulate(op, CARD, TABLE), simulate(op_of("dense"), CARD, TABLE)
    assert (result.format, result.kernel, result.unpacked) == (form, "gemm", "when loaded")
    assert result.note == f"no kernel of a100-pcie takes {form}: unpacked to dense when loaded"
    assert result.a_bytes == 64 * 64 * 2
    for field in ("cycles", "seconds", "dram_bytes", "counts", "energy_pj", "a_metadata_bits"):
        assert getattr(result, field) == getattr(dense, field)


@pytest.mark.parametrize(("machine", "kernel"), [(STC, "gemm"), (SPARCH, "condensed_outer_product")])
def test_a_kernel_with_a_decoder_unpacks_on_the_way(machine, kernel):
    op = op_of("bitmap", machine.default_dtype)
    assert called(machine, op) == [(kernel, "bitmap", "dense", "on the way")]
    result = simulate(op, machine, TABLE)
    assert (result.kernel, result.unpacked, result.note) == (kernel, "on the way", "")
    assert result.a_bytes == op.a.size.size_bytes
    assert result.counts["index_add"] == op.a.size.stored_values * result.details.get("a_passes", 1)


def test_a_machine_without_a_dense_kernel_is_given_what_it_is_made_for():
    """A card of sparse kernels alone: a bitmap is unpacked to CSR."""
    sparse = CARD.model_copy(update={"kernels": {"spmm": CARD.kernels["spmm"]}})
    assert called(sparse, op_of("bitmap")) == [("spmm", "csr", "dense", "when loaded")]
    with pytest.raises(InputError, match="fc: no kernel of a100-pcie takes bitmap, and none takes fp16 weights"):
        CARD.only("vector-spmm").calls(op_of("bitmap"))


def test_compressed_activations_are_unpacked_and_weights_keep_their_kernel():
    assert called(CARD, op_of("csr", sparse_b=True)) == [("spmm", "csr", "dense", "when loaded")]
    assert called(CARD, op_of("bitmap", sparse_b=True)) == [("gemm", "dense", "dense", "when loaded")]
    (call,) = CARD.calls(op_of("csr", sparse_b=True))
    assert call.note == "no kernel of a100-pcie takes csr x csr: B unpacked when loaded"
    assert called(load_machine("titan-x"), op_of("csr", "fp32", sparse_b=True)) == [("processor", "csr", "csr", "")]


def test_what_no_kernel_takes_is_refused_if_asked():
    machine = CARD.with_on_violation("refuse")
    with pytest.raises(PatternError, match=r"^fc: no kernel of a100-pcie takes bitmap \(it has gemm \(dense\), .*csr"):
        machine.calls(op_of("bitmap"))
    with pytest.raises(PatternError, match=r"^fc: no kernel of a100-pcie takes csr x csr"):
        machine.calls(op_of("csr", sparse_b=True))
    assert called(machine, op_of("csr")) == [("spmm", "csr", "dense", "")]
    assert called(STC.with_on_violation("refuse"), op_of("bitmap", "int8"))[0][-1] == "on the way"


@pytest.mark.parametrize("form", ["nm-2:4", "nm-1:4", "vnm-64:2:16"])
def test_a_broken_pattern_is_refused_unless_dense_is_asked_for(form):
    """Whether there is a kernel for the format (2:4, V:N:M) or not (1:4): it could not have held A."""
    op = matmul_op(uniform(64, 64, 0.7, seed=1), DenseMatrix((64, 8)), form, "fp16", name="fc")
    for choice in ("unpack", "refuse"):
        with pytest.raises(PatternError, match=r"^fc: "):
            CARD.with_on_violation(choice).calls(op)
    (call,) = CARD.with_on_violation("dense").calls(op)
    assert (call.kernel, call.op.a.format.name, call.unpacked) == ("gemm", "dense", "when loaded")
    assert call.note == f"A breaks the pattern of {form}: unpacked to dense when loaded"
    kept = op_of("nm-2:4")
    assert called(CARD.with_on_violation("dense"), kept) == called(CARD, kept)


def test_of_several_kernels_the_fastest_runs():
    """The same GEMM twice, once with few and large tiles: small products want the one, large ones the other."""
    gemm = CARD.kernels["gemm"]
    large = gemm.unit.model_copy(update={"tiles": gemm.unit.tiles[:1], "splits": (1,), "round_cycles": 0.0})
    small = gemm.unit.model_copy(update={"tiles": gemm.unit.tiles[-2:], "splits": (1,), "round_cycles": 0.0})
    kernels = {name: gemm.model_copy(update={"unit": unit}) for name, unit in (("large", large), ("small", small))}
    machine = CARD.model_copy(update={"kernels": kernels, "power": None, "launch_interval_ns": 0.0})
    chosen = []
    for side in (64, 4096):
        op = matmul_op(DenseMatrix((side, side)), DenseMatrix((side, side)), "dense", "fp16")
        assert len(machine.calls(op)) == 2
        seconds = {name: simulate(op, machine.only(name), TABLE).seconds for name in kernels}
        result = simulate(op, machine, TABLE)
        assert seconds[result.kernel] == result.seconds == min(seconds.values()) < max(seconds.values())
        chosen.append(result.kernel)
    assert chosen == ["small", "large"]


def test_a_number_type_that_no_kernel_has_is_refused_with_the_machines_name():
    message = r"number type fp8 is not offered by a100-pcie \(it has fp16, bf16, tf32, int8, int4, fp32, fp64\)"
    with pytest.raises(InputError, match=message):
        CARD.calls(op_of("dense", "fp8"))


def test_a_type_that_one_kernel_lacks_runs_on_another():
    """There are no 2:4 instructions for fp64."""
    assert called(CARD, op_of("nm-2:4", "fp64")) == [("gemm", "dense", "dense", "when loaded")]


def test_a_library_routine_is_named_where_one_unit_stands_for_several():
    machine = load_machine("core-i7-5930k")
    columns = {("dense", 1): "gemv", ("dense", 8): "gemm", ("csr", 1): "spmv", ("csr", 8): "spmm"}
    for (form, n), routine in columns.items():
        assert simulate(op_of(form, "fp32", columns=n), machine, TABLE).kernel == routine
    assert simulate(op_of("csr", "fp32", sparse_b=True), machine, TABLE).kernel == "spgemm"


@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_has_a_source_and_a_format(name):
    (kernel,) = alone(name).library.values()
    machine = load_machine(name.partition("/")[0])
    assert kernel.source or len(machine.library) == 1
    assert any(taken(name, dtype) for dtype in kernel.unit.macs_per_cycle)


def test_only_one_kernel_is_left():
    assert CARD.only("spmm").library.keys() == {"spmm"}
    assert CARD.only("spmm").unit == CARD.kernels["spmm"].unit
    with pytest.raises(UnknownNameError, match=r"kernel of a100-pcie 'gem'.*gemm"):
        CARD.only("gem")
    with pytest.raises(InputError, match="a100-pcie has several kernels, of which one must be named: gemm, gemm-2:4"):
        _ = CARD.unit


def test_natural_formats_are_those_of_all_kernels_with_the_type():
    assert CARD.natural_formats(0.5, "fp16") == ("dense", "nm-2:4", "csr", "bsr-16x16")
    assert CARD.natural_formats(0.5, "tf32") == ("dense", "nm-1:2")
    assert CARD.natural_formats(0.5, "fp64") == ("dense", "csr")
    assert STC.natural_formats(0.5, "fp64") == ("dense",)


SOURCES = {
    **dict.fromkeys(("clock_hz", "dram", "launch_ns", "launch_interval_ns"), "assumed"),
    "kernels.gemm": "a data sheet",
    "kernels.half": "a paper",
}


def described(tmp_path, **changes):
    """A machine of two kernels, the second based on the first; `second` and `first` change them."""
    gemm = {"kind": "mac_array", "source": "an array", "macs_per_cycle": {"int8": 1024}, "stages": 2}
    gemm |= {"subcores": 4, "rows": 16, "depth": 16, "shared_bytes_per_cycle": 42, "accumulator_bits": 8}
    gemm |= {"shared_memory": {"size_bytes": 262144}, "register_file": {"size_bytes": 2048}}
    half = {"based_on": "gemm", "source": "its sparse half", "formats": ["nm-2:4"], "keep": 2, "of": 4}
    kernels = {"gemm": {**gemm, **changes.pop("first", {})}, "half": {**half, **changes.pop("second", {})}}
    content = {
        "name": "mine",
        "description": "made up",
        "clock_hz": "1 GHz",
        "dram": {
            "kind": "LPDDR4",
            "bandwidth_bytes_per_s": "32 GB/s",
            "channels": 1,
            "burst_bytes": 8,
            "latency_ns": 0,
            "efficiency": 0.5,
        },
        "kernels": kernels,
        "energy_table": "sparseloop-45nm",
        "launch_ns": 1000,
        "launch_interval_ns": 2000,
        "sources": SOURCES,
    }
    content |= changes
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({field: value for field, value in content.items() if value is not None}))
    return load_machine(path)


def test_a_kernel_based_on_another_inherits_its_fields_and_their_sources(tmp_path):
    machine = described(tmp_path, sources={**SOURCES, "kernels.gemm.rows": "a measurement"})
    gemm, half = (machine.only(name).unit for name in ("gemm", "half"))
    assert half.model_dump(exclude={"keep", "of"}) == gemm.model_dump(exclude={"keep", "of"})
    assert (half.keep, half.of, gemm.keep, gemm.of) == (2, 4, 1, 1)
    assert machine.kernels["half"].formats == ("nm-2:4",)
    assert machine.sources["kernels.half.rows"] == "as gemm: a measurement"
    assert machine.sources["kernels.half"] == "a paper"


def test_numbers_of_a_kernel_of_its_own_need_sources_of_their_own(tmp_path):
    """That of the base describes another number."""
    gemm = {"kernels.gemm.rows": "a data sheet", "kernels.gemm": "a data sheet"}
    sources = {path: text for path, text in SOURCES.items() if path != "kernels.half"} | gemm
    with pytest.raises(InputError, match=r"no entry covers .*kernels\.half\.subcores"):
        described(tmp_path, sources=sources)
    known = dict.fromkeys(("kernels.half.keep", "kernels.half.of"), "a paper")
    assert described(tmp_path, sources=sources | known).sources["kernels.half"] == "as gemm: a data sheet"
    del sources["kernels.gemm"]
    fields = ("subcores", "rows", "depth", "stages", "shared_memory", "register_file", "macs_per_cycle")
    fields += ("shared_bytes_per_cycle", "accumulator_bits")
    sources |= known | {f"kernels.gemm.{field}": "a data sheet" for field in fields}
    assert described(tmp_path, sources=sources).sources["kernels.half.rows"] == "as gemm: a data sheet"
    with pytest.raises(InputError, match=r"no entry covers kernels\.half\.rows$"):
        described(tmp_path, second={"rows": 16}, sources=sources)


def test_null_removes_what_a_kernel_would_inherit(tmp_path):
    assert described(tmp_path, first={"launch_ns": 5}).only("half").launch_cycles == 5
    assert described(tmp_path, first={"launch_ns": 5}, second={"launch_ns": None}).only("half").launch_cycles == 1000


def test_what_a_kernel_removes_stays_removed_in_machines_based_on_its_own(tmp_path):
    """CUDA cores have no 2:4: A100 PCIe says so, and the machines based on it need not say it again."""
    for name in ("a100-sxm", "a100-sxm-40gb", "h100-sxm", "h200", "rtx-4090"):
        assert "fp32" not in load_machine(name).only("gemm-2:4").unit.macs_per_cycle
    path = tmp_path / "mine.yaml"
    library = {"gemm-2:4": {"macs_per_cycle": {"fp32": None}}, "again": {"based_on": "gemm", "source": "mine"}}
    library["again"] |= {"macs_per_cycle": {"fp64": None}, "formats": ["dense"]}
    path.write_text(yaml.safe_dump({"name": "m", "description": "m", "based_on": "a100-pcie", "kernels": library}))
    machine = load_machine(path)
    assert machine.only("gemm-2:4").unit == CARD.only("gemm-2:4").unit
    lacking = CARD.only("gemm").unit.macs_per_cycle.keys() - machine.only("again").unit.macs_per_cycle.keys()
    assert lacking == {"fp64"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"second": {"based_on": "gem"}}, r"kernels\.half\.based_on: no kernel 'gem' here \(there are gemm, half\)"),
        ({"second": {"based_on": ["gemm"]}}, r"kernels\.half\.based_on: no kernel \['gemm'\] here"),
        ({"kernels": {"gemm": 0, "half": {"based_on": "gemm"}}}, r"kernels\.half\.based_on: no kernel 'gemm' here"),
        ({"sources": {1: "a number", "clock_hz": "text"}}, r"sources\.1"),
        ({"second": {"based_on": "half"}}, r"kernels\.half\.based_on: a circle, half is based on itself"),
        ({"first": {"based_on": "half"}}, r"based_on: a circle, gemm is based on itself"),
        ({"accelerator": {"kind": "mac_array"}}, "accelerator"),
        ({"kernels": None}, "kernels: a machine has either kernels, or one accelerator"),
        ({"kernels": {}}, "kernels: a machine has either kernels, or one accelerator"),
        ({"second": {"source": ""}}, r"kernels\.half\.source: a kernel names the library that has it"),
        ({"second": {"formats": []}}, "formats"),
        ({"second": {"dram_efficiency": 1.5}}, "dram_efficiency"),
        ({"second": {"sparkle": 1}}, r"kernels\.half\.sparkle: unknown field"),
        ({"second": {"rows": -1}}, r"kernels\.half\.rows"),
        (
            {"second": {"macs_per_cycle": {"gp32": 4}}},
            r"kernels\.half\.macs_per_cycle\.gp32: unknown number type 'gp32'",
        ),
    ],
)
def test_every_fault_of_a_library_is_a_line_with_the_file(tmp_path, changes, message):
    with pytest.raises(InputError, match=rf"mine\.yaml: .*{message}") as caught:
        described(tmp_path, **changes)
    assert all("mine.yaml: " in line for line in str(caught.value).splitlines())


def test_a_machine_has_kernels_or_one_accelerator_but_not_both(tmp_path):
    unit = described(tmp_path).kernels["gemm"].model_dump(exclude_unset=True)
    with pytest.raises(InputError, match="kernels: a machine has either kernels, or one accelerator"):
        described(tmp_path, accelerator=unit, sources={**SOURCES, "accelerator": "assumed"})
    sources = {**SOURCES, "accelerator": "assumed"}
    single = described(tmp_path, kernels=None, accelerator=unit, sources=sources)
    assert single.library.keys() == {"mac_array"}
    assert single.unit == described(tmp_path).only("gemm").unit


def test_launch_and_bandwidth_of_a_kernel_come_before_those_of_the_machine(tmp_path):
    own = {"launch_ns": 3000, "launch_interval_ns": 7000, "dram_efficiency": 1.0}
    machine = described(tmp_path, second=own)
    gemm, half = machine.only("gemm"), machine.only("half")
    assert (gemm.launch_cycles, gemm.launch_interval_cycles, gemm.dram_rate) == (1000, 2000, (16, 1))
    assert (half.launch_cycles, half.launch_interval_cycles, half.dram_rate) == (3000, 7000, (32, 1))
    small = {form: simulate(op_of(form, "int8", side=8, columns=1), machine, TABLE) for form in ("dense", "nm-2:4")}
    assert {form: (result.cycles, result.bottleneck) for form, result in small.items()} == {
        "dense": (2000, "launch"),
        "nm-2:4": (7000, "launch"),
    }
    large = {form: simulate(op_of(form, "int8", side=2048, columns=1), machine, TABLE) for form in ("dense", "nm-2:4")}
    for form, rate in (("dense", 16), ("nm-2:4", 32)):
        moved = sum(large[form].dram_bytes.values())
        assert large[form].cycles >= moved / rate
    assert large["dense"].cycles < sum(large["dense"].dram_bytes.values()) / 16 + 10_000
    assert large["nm-2:4"].cycles < sum(large["nm-2:4"].dram_bytes.values()) / 16
