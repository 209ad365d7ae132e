"""Matrices in a sweep: each a point, with the figures of the product on its own."""

import tarfile

import pytest

import sparsesim as ss
from sparsesim.results import point_tables
from sparsesim.studies import load_sweep, resolved, run_task
from sparsesim.tensors import DenseMatrix
from sparsesim.tensors.generators import uniform

SWEEP = {"name": "products", "formats": ["csr", "dense"], "machines": ["sparch", "a100-pcie"], "columns": 16}
CALLED = {"network", "pruner", "sparsity", "point", "simulation_seconds"}


def grid_of(**fields):
    return resolved(load_sweep(SWEEP | fields))


def results_of(grid):
    return [result for task in grid.tasks for result in run_task(task)]


def figures(result):
    return {name: value for name, value in result.flat().items() if name not in CALLED and "axis_" not in name}


def written(matrix, path):
    lines = [f"{row + 1} {column + 1}" for row in range(matrix.shape[0]) for column in columns_of(matrix, row)]
    head = f"%%MatrixMarket matrix coordinate pattern general\n{matrix.shape[0]} {matrix.shape[1]} {matrix.nnz}\n"
    path.write_text(head + "\n".join(lines) + "\n")


def columns_of(matrix, row):
    return matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]


@pytest.mark.parametrize(("columns", "b"), [(16, DenseMatrix((34, 16))), ("self", None)])
@pytest.mark.parametrize("dtype", ["fp16", "fp32"])
def test_a_product_has_the_figures_of_multiply(columns, b, dtype):
    grid = grid_of(matrices="karate", columns=columns, dtype=dtype, energy_table="horowitz-45nm")
    found = results_of(grid)
    machines = SWEEP["machines"]
    wanted = ss.multiply("karate", b, machines, SWEEP["formats"], dtype, table="horowitz-45nm", name="karate")
    assert [figures(result) for result in found] == [figures(result) for result in wanted]
    assert {(result.network, result.pruner, result.sparsity) for result in found} == {("karate", "given", 0.8651)}


def test_columns_are_an_axis_and_pruners_do_not_apply():
    fields = {"networks": "digits-cnn", "pruners": ["2:4", "none"], "batch": [1, 4]}
    grid = grid_of(matrices="karate", columns=["self", 4], **fields)
    assert grid.points == 2 * 2 * (2 * 2 + 2)
    assert {point.network: point.axes for task in grid.tasks[4:] for point in task.points} == {
        "karate (A x A)": {"columns": "self"},
        "karate (4 columns)": {"columns": 4},
    }
    references = [result for task in grid.references for result in run_task(task)]
    table = point_tables(results_of(grid), grid.baseline, references).compared
    of_matrices = table[table["network"].str.startswith("karate")]
    assert set(of_matrices["pruner"]) == {"given"}
    dense = of_matrices[(of_matrices["format"] == "dense") & (of_matrices["machine"] == "a100-pcie")]
    assert dense["speedup"].tolist() == [1, 1]


def test_every_matrix_of_a_folder_and_an_archive_is_a_point(tmp_path):
    (tmp_path / "set").mkdir()
    for seed in range(3):
        written(uniform(20, 30, 0.2, seed), tmp_path / "set" / f"m{seed}.mtx")
    with tarfile.open(tmp_path / "set.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "set", "set")
    folder = grid_of(matrices=str(tmp_path / "set"))
    packed = grid_of(matrices={"name": str(tmp_path / "set.tar.gz"), "columns": 16})
    assert [task.network.label for task in folder.tasks] == ["m0", "m1", "m2"]
    hashes = [[point.hash for task in grid.tasks for point in task.points] for grid in (folder, packed)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 3 * 4
    (tmp_path / "set" / "m1.mtx").write_text((tmp_path / "set" / "m1.mtx").read_text().replace("20 30", "21 30", 1))
    changed = grid_of(matrices=str(tmp_path / "set"))
    again = [point.hash for task in changed.tasks for point in task.points]
    assert [one == other for one, other in zip(hashes[0], again, strict=True)] == [True] * 4 + [False] * 4 + [True] * 4


def test_a_matrix_is_read_once_to_be_known_and_left_on_disk(tmp_path, monkeypatch):
    from sparsesim.studies import product

    written(uniform(20, 30, 0.2, 0), tmp_path / "m.mtx")
    reads = []
    found = product._read
    monkeypatch.setattr(product, "_read", lambda source: reads.append(source) or found(source))
    grid = grid_of(matrices=str(tmp_path / "m.mtx"), columns=[1, 2, 3], dtype=["fp16", "fp32"])
    assert len(reads) == 1
    assert all(not hasattr(task.network.source, "indices") for task in grid.tasks)
    run_task(grid.tasks[0])
    assert len(reads) == 2


def test_matrices_of_python_and_files_of_the_same_content_are_one_point(tmp_path):
    matrix = uniform(20, 30, 0.2, 0)
    pattern = ss.SparseMatrix(matrix.shape, matrix.indptr, matrix.indices)
    written(matrix, tmp_path / "m.mtx")
    grid, other = resolved(ss.Sweep(**SWEEP, matrices=[pattern])), grid_of(matrices=str(tmp_path / "m.mtx"))
    hashes = [[point.hash for task in each.tasks for point in task.points] for each in (grid, other)]
    assert hashes[0] == hashes[1]
    assert grid.tasks[0].network.label == "matrix 0"
    assert [layer.n_weights for layer in grid.tasks[0].network.layers] == [matrix.nnz]
    (alone,) = ss.multiply(matrix, DenseMatrix((30, 16)), "sparch", "csr", "fp16")
    assert results_of(grid)[0].seconds == alone.seconds


def test_filters_and_zips_know_matrices(tmp_path):
    for seed in range(2):
        written(uniform(16, 16, 0.2, seed), tmp_path / f"m{seed}.mtx")
    names = [str(tmp_path / f"m{seed}.mtx") for seed in range(2)]
    grid = grid_of(
        matrices=names, columns=[4, 8], zip=[["matrices", "columns"]], skip={"columns": 8, "format": "dense"}
    )
    assert [(task.network.name, task.network.columns, len(task.points)) for task in grid.tasks] == [
        ("m0 (4 columns)", 4, 4),
        ("m1 (8 columns)", 8, 2),
    ]
    chosen = grid_of(matrices=names, networks="digits-cnn", pruners="none", only={"matrix": "m1"})
    assert [task.network.label for task in chosen.tasks] == ["m1"]
