"""A web server on loopback that does what a test wants, and archives for it to serve."""

import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Answer = bytes | Callable[[BaseHTTPRequestHandler], None]

SMALL = b"%%MatrixMarket matrix coordinate pattern general\n3 4 2\n1 2\n3 4\n"


def tarred(*members: tuple[str | tarfile.TarInfo, bytes], mode: str = "w:gz") -> bytes:
    """An archive of these files; whatever a TarInfo says stays as it is."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode) as archive:
        for name, content in members:
            if isinstance(name, tarfile.TarInfo):
                archive.addfile(name, io.BytesIO(content) if content else None)
            else:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return data.getvalue()


class Server:
    """Answers by path, and every path that was asked for, in order."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        answer = self.answers.get(handler.path)
        if answer is None:
            handler.send_error(404)
        elif callable(answer):
            answer(handler)
        else:
            send(handler, answer)


def send(handler: BaseHTTPRequestHandler, body: bytes, promised: int | None = None, **headers: str) -> None:
    """An answer, of whose length more may be promised than comes; -1 promises none."""
    handler.send_response(200)
    if promised != -1:
        handler.send_header("Content-Length", str(len(body) if promised is None else promised))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def redirecting_to(place: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", place)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                server.answer(self)
            except OSError:  # who asked went away
                self.close_connection = True

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


@pytest.fixture
def web(monkeypatch, tmp_path) -> Iterator[Server]:
    """A server that both collections are fetched from, into `tmp_path/cache`."""
    with serving() as server:
        monkeypatch.setenv("SPARSESIM_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("SPARSESIM_MIRROR_SUITESPARSE", server.url)
        monkeypatch.setenv("SPARSESIM_MIRROR_DLMC", f"{server.url}/")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server
