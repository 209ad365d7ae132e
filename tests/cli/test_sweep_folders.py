"""Where `sparsesim run` writes: a new folder beside a store that lies elsewhere."""

from tests.cli.commands import files, output_of


def test_a_store_elsewhere_does_not_keep_tables_from_a_new_folder(tmp_path):
    store, folder = tmp_path / "kept.db", tmp_path / "new" / "results"
    output_of("run", files(tmp_path)["sweep"], "--store", store, "-o", folder, "--no-plots")
    assert store.is_file()
    assert {path.name for path in folder.iterdir()} == {"tiny-layers.csv", "tiny-totals.csv"}
