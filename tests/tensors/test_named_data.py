"""Matrices of public collections by name, from a web server on loopback that does all that servers do wrong."""

import hashlib
import logging
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sparsesim.errors import InputError
from sparsesim.tensors import as_tensor, read_matrix
from sparsesim.tensors.named import COLLECTIONS, download, named_file, named_files
from sparsesim.tensors.named.fetching import cache_folder, files_of
from sparsesim.tensors.named.wanted import parsed
from tests.cli.commands import modules_after
from tests.tensors.serving import SMALL, redirecting_to, send, serving, tarred, web

__all__ = ["web"]

NAME = "suitesparse:HB/small"
PATH = "/HB/small.tar.gz"
ARCHIVE = tarred(("small/small_b.mtx", b"a right-hand side"), ("small/small.mtx", SMALL))
PATTERN = b"2, 3, 1\n0 0 1\n2\n"


def dlmc(*extra):
    folder = "dlmc/rn50/magnitude_pruning"
    names = [f"{folder}/0.8/{name}.smtx" for name in ("conv1", "conv2", "fc")] + [f"{folder}/0.9/conv1.smtx"]
    return tarred(*((name, PATTERN) for name in names), ("dlmc/dlmc.csv", b"model,quality\n"), *extra)


def refusal(name=NAME, **options):
    with pytest.raises(InputError) as refused:
        named_files(name, **options)
    words = str(refused.value)
    assert "\n" not in words
    return words


def cached(tmp_path):
    """Every file of the cache, hidden ones included."""
    return sorted(
        str(file.relative_to(tmp_path / "cache")) for file in (tmp_path / "cache").rglob("*") if file.is_file()
    )


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_a_matrix_is_fetched_once_and_its_hashes_are_recorded(web, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    web.answers[PATH] = ARCHIVE
    assert read_matrix(NAME).to_array().tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    (told,) = [line for line in caplog.messages if "trusted at first use" in line]
    assert sha256(ARCHIVE) in told
    folder = tmp_path / "cache" / "suitesparse" / "HB"
    assert (folder / "small.tar.gz.sha256").read_text() == f"{sha256(ARCHIVE)}  small.tar.gz\n"
    assert (folder / "small.mtx.sha256").read_text() == f"{sha256(SMALL)}  small.mtx\n"
    assert not list(folder.glob("*_b*"))
    caplog.clear()
    assert as_tensor(Path(NAME)).nnz == 2
    assert web.asked == [PATH]
    assert not caplog.messages


def test_without_a_server_what_was_fetched_is_there(web, monkeypatch):
    web.answers[PATH] = ARCHIVE
    first = named_file(NAME)
    monkeypatch.setenv("SPARSESIM_MIRROR_SUITESPARSE", "http://127.0.0.1:9")
    assert named_file(NAME) == first


def test_a_matrix_that_was_removed_comes_from_the_archive_again(web):
    web.answers[PATH] = ARCHIVE
    named_file(NAME).unlink()
    assert named_file(NAME).read_bytes() == SMALL
    assert web.asked == [PATH]


def test_a_mirror_and_a_folder_can_be_given(web, tmp_path):
    with serving() as mirror:
        mirror.answers[f"/matrices{PATH}"] = ARCHIVE
        (file,) = named_files(NAME, mirror=f"{mirror.url}/matrices", cache=tmp_path / "elsewhere")
    assert file == tmp_path / "elsewhere" / "suitesparse" / "HB" / "small.mtx"
    assert not web.asked


@pytest.mark.parametrize("touched", ["small.mtx", "small.tar.gz"])
def test_what_changes_in_the_cache_is_told_with_both_hashes(web, tmp_path, touched):
    web.answers[PATH] = ARCHIVE
    file = named_file(NAME)
    changed = file.with_name(touched)
    before = sha256(changed.read_bytes())
    changed.write_bytes(changed.read_bytes() + b"1 1\n")
    if changed != file:
        file.unlink()  # the archive is read only when it is needed
    words = refusal()
    assert words.startswith(f"{changed}: sha256: {sha256(changed.read_bytes())}: must be {before}, as {changed}.sha256")
    assert web.asked == [PATH]


def test_what_changes_at_the_source_is_not_taken(web, tmp_path):
    web.answers[PATH] = ARCHIVE
    file = named_file(NAME)
    for each in (file, file.with_name("small.tar.gz")):
        each.unlink()
    web.answers[PATH] = tarred(("small/small.mtx", SMALL.replace(b"3 4\n", b"3 3\n")))
    words = refusal()
    assert f"{web.url}{PATH}: sha256: {sha256(web.answers[PATH])}: must be {sha256(ARCHIVE)}, as " in words
    assert not file.exists()
    assert not file.with_name("small.tar.gz").exists()


def test_a_pinned_hash_is_held_against_the_archive_at_every_use(web, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    web.answers[PATH] = ARCHIVE
    wrong, right = f"{NAME}#sha256={'0' * 64}", f"{NAME}#sha256={sha256(ARCHIVE)}"
    words = refusal(wrong)
    assert words == f"{NAME}: {web.url}{PATH}: sha256: {sha256(ARCHIVE)}: must be {'0' * 64}, as its name says"
    assert not cached(tmp_path)
    assert read_matrix(right).nnz == 2
    assert "trusted" not in caplog.text
    assert "must be 000" in refusal(wrong)
    assert read_matrix(right.upper().replace(NAME.upper(), NAME).replace("SHA256", "sha256")).nnz == 2
    assert web.asked == [PATH] * 2


def test_a_record_that_is_none_is_refused(web):
    web.answers[PATH] = ARCHIVE
    file = named_file(NAME)
    file.with_name("small.mtx.sha256").write_text("")
    assert "small.mtx.sha256: must begin with 64 hexadecimal digits" in refusal()


def test_what_is_not_there_says_where_to_put_it_and_is_used_from_there(web, tmp_path):
    archive = tmp_path / "cache" / "suitesparse" / "HB" / "small.tar.gz"
    words = refusal()
    assert words.startswith(f"{NAME}: {web.url}{PATH}: cannot be fetched (404 Not Found); put it at {archive}, or the ")
    archive.write_bytes(ARCHIVE)
    assert read_matrix(NAME).nnz == 2
    assert web.asked == [PATH]


def test_a_matrix_alone_may_be_put_there_too(web, tmp_path):
    file = Path(re.search(r"or the matrix at (\S+),", refusal())[1])
    file.write_bytes(SMALL)
    assert read_matrix(NAME).nnz == 2
    assert "must be 000" in refusal(f"{NAME}#sha256={'0' * 64}")
    assert read_matrix(f"{NAME}#sha256={sha256(SMALL)}").nnz == 2
    file.write_bytes(SMALL + b"\n")
    assert f"must be {sha256(SMALL)}" in refusal()
    assert web.asked == [PATH]


@pytest.mark.parametrize(
    ("mirror", "reason"),
    [
        ("http://127.0.0.1:9", "no connection"),
        ("http://nowhere.invalid", "no such host, or no network"),
        ("https://127.0.0.1:{port}", "its certificate cannot be checked|no connection"),
    ],
)
def test_no_way_to_the_server_is_one_line(web, mirror, reason, tmp_path):
    words = refusal(mirror=mirror.format(port=web.url.rpartition(":")[2]))
    assert re.search(rf"cannot be fetched \(({reason})\); put it at {tmp_path}", words)
    assert not cached(tmp_path)


def test_a_server_that_says_nothing_is_left(web, monkeypatch, tmp_path):
    monkeypatch.setattr(download, "_SILENCE_S", 0.2)
    ended = threading.Event()
    web.answers[PATH] = lambda handler: ended.wait(20)
    assert "(silent for 0.2 s)" in refusal()

    def half(handler):
        send(handler, ARCHIVE[:50], len(ARCHIVE))
        ended.wait(20)

    web.answers[PATH] = half
    assert "(silent for 0.2 s)" in refusal()
    ended.set()
    assert not cached(tmp_path)


def test_a_body_that_breaks_off_leaves_nothing(web, tmp_path):
    web.answers[PATH] = lambda handler: send(handler, ARCHIVE[:-20], len(ARCHIVE))
    assert "(it breaks off after " in refusal()
    assert not cached(tmp_path)
    web.answers[PATH] = lambda handler: send(handler, ARCHIVE[:-20], -1)  # the length is not promised
    assert "cannot be read" in refusal()
    assert not cached(tmp_path)
    web.answers[PATH] = ARCHIVE
    assert read_matrix(NAME).nnz == 2


def test_a_page_in_the_place_of_the_archive_is_not_trusted(web, tmp_path):
    web.answers[PATH] = b"<html>Please log in</html>"
    assert "(what came is no archive, perhaps a page that asks for something)" in refusal()
    assert not cached(tmp_path)


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/small.tar.gz", "gopher://127.0.0.1/"])
def test_redirections_stay_on_the_web(web, place, tmp_path):
    web.answers[PATH] = redirecting_to(place)
    assert "it leads to what is neither http nor https" in refusal()
    assert not cached(tmp_path)


def test_redirections_are_followed_and_circles_are_not(web):
    web.answers |= {PATH: redirecting_to("/there"), "/there": ARCHIVE}
    assert read_matrix(NAME).nnz == 2
    web.answers["/HB/round.tar.gz"] = redirecting_to("/HB/round.tar.gz")
    assert "cannot be fetched (Exceeded 30 redirects" in refusal("suitesparse:HB/round")


def test_what_is_larger_than_what_it_may_be_is_not_fetched(web, tmp_path):
    small = replace(COLLECTIONS["suitesparse"], archive_bytes=2000)
    wanted = replace(parsed(NAME), collection=small)
    web.answers[PATH] = lambda handler: send(handler, b"\x1f\x8b" + bytes(5000), -1)
    with pytest.raises(InputError, match="larger than the 2 kB that are fetched at most"):
        files_of(wanted)
    web.answers[PATH] = lambda handler: send(handler, b"\x1f\x8b", 2001)
    with pytest.raises(InputError, match="larger than the 2 kB that are fetched at most"):
        files_of(wanted)
    wanted = replace(wanted, collection=replace(small, archive_bytes=10**18))
    web.answers[PATH] = lambda handler: send(handler, b"\x1f\x8b", 10**17)
    with pytest.raises(InputError, match=r"1e\+17 B: .* has .* left"):
        files_of(wanted)
    assert not cached(tmp_path)


def test_what_unpacks_to_more_than_it_may_is_refused(web, tmp_path):
    web.answers[PATH] = tarred(("small/small.mtx", SMALL + bytes(10**6)))
    wanted = replace(parsed(NAME), collection=replace(COLLECTIONS["suitesparse"], matrix_bytes=10**5))
    with pytest.raises(InputError, match=r"small/small.mtx: unpacks to more than 100 kB"):
        files_of(wanted)
    assert not [name for name in cached(tmp_path) if "mtx" in name]


def entry(name, **fields):
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def test_members_outside_of_the_folder_are_left_alone(web, tmp_path):
    evil = [(name, b"evil") for name in ("../evil", "/tmp/evil.mtx", "small/../small.mtx", "../small/small.mtx")]
    web.answers[PATH] = tarred(*evil, ("small/small.mtx", SMALL), ("small/../../../evil.mtx", b"evil"))
    assert read_matrix(NAME).nnz == 2
    assert [Path(name).name for name in cached(tmp_path)] == [
        "small.mtx",
        "small.mtx.sha256",
        "small.tar.gz",
        "small.tar.gz.list",
        "small.tar.gz.sha256",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"cache"}


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (entry("small/small.mtx", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "must be a file; links"),
        (entry("small/small.mtx", type=tarfile.LNKTYPE, linkname="other"), "must be a file; links"),
        (entry("small/small.mtx", type=tarfile.FIFOTYPE), "must be a file; links"),
        (entry("small/small.mtx", size=2**40), "cannot be read|unpacks to more than"),
        (entry("small/other.mtx"), "holds no HB/small.mtx"),
        (entry("small/other.mtx", size=2**40), "cannot be read|unpacks to more than"),
        (entry("small/other.mtx", size=2**33), "cannot be read"),
    ],
)
def test_archives_that_hold_something_else_are_refused_and_not_kept(web, tmp_path, member, words):
    web.answers[PATH] = tarred((member, b""))
    assert re.search(words, refusal())
    assert not cached(tmp_path)


def test_an_endless_name_is_not_read(web, tmp_path):
    header = entry("././@LongLink", type=tarfile.GNUTYPE_LONGNAME, size=2**31).tobuf(tarfile.GNU_FORMAT)
    web.answers[PATH] = header + bytes(10**4)
    assert "a header of 2.15 GB" in refusal()


INTERRUPTED = f"from sparsesim.tensors import read_matrix; print(read_matrix({NAME!r}).nnz)"


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_an_interruption_leaves_nothing_that_is_taken_for_the_whole(web, tmp_path, ending):
    begun, ended = threading.Event(), threading.Event()

    def half(handler):
        send(handler, ARCHIVE[:200] + bytes(10**6), 2 * 10**6)
        handler.wfile.flush()
        begun.set()
        ended.wait(30)

    web.answers[PATH] = half
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED], stderr=subprocess.DEVNULL)
    assert begun.wait(60)
    folder = tmp_path / "cache" / "suitesparse" / "HB"
    deadline = time.monotonic() + 60
    while not any(file.stat().st_size for file in folder.glob(".*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(ending)
    assert process.wait(60)
    ended.set()
    assert not [name for name in cached(tmp_path) if not Path(name).name.startswith(".")]
    assert ending is signal.SIGKILL or not cached(tmp_path)
    web.answers[PATH] = ARCHIVE
    assert read_matrix(NAME).nnz == 2


def test_two_processes_fetch_the_same_at_once(web):
    both = threading.Barrier(2)

    def together(handler):
        both.wait(60)
        send(handler, ARCHIVE)

    web.answers[PATH] = together
    started = [subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True) for _ in "12"]
    assert [process.communicate(timeout=120)[0] for process in started] == ["2\n", "2\n"]
    assert web.asked == [PATH] * 2
    assert read_matrix(NAME).nnz == 2


def test_a_set_of_one_large_archive_is_fetched_once(web, tmp_path):
    web.answers["/dlmc.tar.gz"] = dlmc(("dlmc/rn50/magnitude_pruning/0.8/../../../evil.smtx", b"evil"))
    files = named_files("dlmc:rn50/magnitude_pruning/0.8/*")
    assert [file.name for file in files] == ["conv1.smtx", "conv2.smtx", "fc.smtx"]
    assert files == named_files("dlmc:rn50/magnitude/0.8") == named_files("dlmc:rn50/magnitude/0.8/")
    assert named_file("dlmc:rn50/magnitude/0.8/conv2") == named_file("dlmc:rn50/magnitude_pruning/0.8/conv2.smtx")
    assert len(named_files("dlmc:*/*/0.9")) == 1
    assert len(named_files("dlmc:rn50")) == 4
    assert web.asked == ["/dlmc.tar.gz"]
    assert not [name for name in cached(tmp_path) if "evil" in name or "csv" in name]
    with pytest.raises(InputError, match=r"3 matrices, name one of them: conv1, conv2, fc"):
        read_matrix("dlmc:rn50/magnitude/0.8/*")
    assert refusal("dlmc:rn50/magnitude/0.8/conv3").endswith("unknown matrix 'conv3': did you mean conv2 or conv1?")
    assert "the collection has no matrix of such a name" in refusal("dlmc:rn50/magnitude/0.8/pool*")


def test_matrices_of_a_set_that_were_put_there_by_hand(web, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    folder = tmp_path / "cache" / "dlmc" / "rn50" / "magnitude_pruning" / "0.8"
    folder.mkdir(parents=True)
    for name in ("b", "a"):
        (folder / f"{name}.smtx").write_bytes(PATTERN)
    assert [file.stem for file in named_files("dlmc:rn50/magnitude/0.8/*")] == ["a", "b"]
    assert "the 2 matrices that lie in" in caplog.text
    assert not web.asked


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("suitesparse:wiki-Vote", "must be suitesparse:GROUP/NAME, such as suitesparse:SNAP/wiki-Vote"),
        ("suitesparse:", "must be suitesparse:GROUP/NAME"),
        ("suitesparse:SNAP/*", "must be suitesparse:GROUP/NAME"),
        ("suitesparse:../evil", "must be suitesparse:GROUP/NAME"),
        ("suitesparse:a/../../evil", "must be suitesparse:GROUP/NAME"),
        ("suitesparse:SNAP/a b", "must be suitesparse:GROUP/NAME"),
        ("suitesparse:SNAP/a?b=c", "must be suitesparse:GROUP/NAME"),
        (f"{NAME}#sha256=abc", "sha256: 'abc': must be 64 hexadecimal digits"),
        (f"{NAME}#sha256=", "sha256: '': must be 64 hexadecimal digits"),
        ("dlmc:vgg/magnitude_pruning/0.8/x", "model: 'vgg': must be one of rn50, transformer"),
        ("dlmc:rn50/l0/0.8/x", "pruning: 'l0': must be one of extended_magnitude_pruning, magnitude_pruning, random"),
        ("dlmc:rn50/magnitude/0.6/x", "sparsity: '0.6': must be one of 0.5, 0.7, 0.8, 0.9, 0.95, 0.98"),
        ("dlmc:rn50/magnitude/0.8/../x", "must be dlmc:MODEL/PRUNING/SPARSITY/MATRIX"),
        ("dlmc:rn50/magnitude/0.8/..", "must be dlmc:MODEL/PRUNING/SPARSITY/MATRIX"),
        ("dlmc:", "must be dlmc:MODEL/PRUNING/SPARSITY/MATRIX"),
    ],
)
def test_names_that_cannot_be_are_refused_before_anything_is_fetched(web, tmp_path, name, words):
    assert words in refusal(name)
    assert not web.asked
    assert not (tmp_path / "cache").exists()


def test_the_sparsities_are_those_of_the_published_list(data_dir):
    import csv
    import gzip

    from sparsesim.tensors.named.wanted import DLMC_FOLDERS

    with gzip.open(data_dir / "pruned" / "dlmc.csv.gz", "rt") as table:
        published = {tuple(row["path"].split("/")[1:4]) for row in csv.DictReader(table)}
    known = {
        (model, pruning, sparsity)
        for model, prunings in DLMC_FOLDERS.items()
        for pruning, sparsities in prunings.items()
        for sparsity in sparsities
    }
    assert known == published


def test_every_matrix_of_the_published_indexes_can_be_named(data_dir):
    import csv
    import gzip

    with gzip.open(data_dir / "reference" / "suitesparse_index.csv.gz", "rt") as index:
        rows = [row for row in csv.reader(index) if len(row) > 2]
    assert len(rows) == 2893
    for group, name, *_ in rows:
        assert parsed(f"suitesparse:{group}/{name}").archive == f"{group}/{name}.tar.gz"
    with gzip.open(data_dir / "pruned" / "dlmc.csv.gz", "rt") as table:
        for row in csv.DictReader(table):
            path = COLLECTIONS["dlmc"].path_of("dlmc.tar.gz", row["path"])
            assert parsed(f"dlmc:{row['name']}").matches(path)


def test_mirrors_are_on_the_web(web, monkeypatch):
    monkeypatch.setenv("SPARSESIM_MIRROR_SUITESPARSE", "/tmp/mirror")
    assert "SPARSESIM_MIRROR_SUITESPARSE: '/tmp/mirror': must begin with http:// or https://" in refusal()
    assert "mirror: 'file:///tmp': must begin with http:// or https://" in refusal(mirror="file:///tmp")


def test_a_file_of_that_name_comes_first(web, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "suitesparse:HB").mkdir()
    (tmp_path / "suitesparse:HB" / "small.mtx").write_bytes(SMALL)
    assert read_matrix("suitesparse:HB/small.mtx").nnz == 2
    assert not web.asked


def test_a_cache_that_cannot_be_written_is_named(web, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file")
    assert f"{tmp_path / 'cache'}" in refusal()
    assert "SPARSESIM_CACHE names another folder" in refusal()


def test_what_is_in_the_cache_is_read_without_what_fetches(web):
    web.answers[PATH] = ARCHIVE
    named_file(NAME)
    for name in ("karate", NAME):
        loaded = modules_after(f"from sparsesim.tensors import read_matrix; read_matrix({name!r})")
        assert not loaded & {"pooch", "requests"}
        assert ("sparsesim.tensors.named.fetching" in loaded) == (name == NAME)


def test_the_usual_cache_is_that_of_the_system(monkeypatch, tmp_path):
    monkeypatch.delenv("SPARSESIM_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert cache_folder() == tmp_path / "sparsesim"
    monkeypatch.setenv("SPARSESIM_CACHE", os.path.join("~", "there"))
    assert cache_folder() == Path.home() / "there"
