"""`make audit` fails for advisories, and not for want of somebody who knows them."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.kafka.cluster import free_port
from tools.audit import main, silence

SECONDS = 10.0
ADVISORY = {"id": "PYSEC-2026-1", "summary": "reads what it should not", "affected": []}
FAILING = (sys.executable, "-c", "raise SystemExit(1)")

Answer = Callable[[BaseHTTPRequestHandler], None]


def says(status: int, body: object) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(raw)))
        request.end_headers()
        request.wfile.write(raw)

    return answer


@contextmanager
def service(answer: Answer) -> Iterator[str]:
    """Run a service that answers everything so; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (says(200, {"vulnerabilities": [ADVISORY]}), None),
        (says(200, {"vulnerabilities": []}), "it answers without advisories"),
        (says(200, {"info": {"name": "aiohttp"}}), "it answers without advisories"),
        (says(200, ["vulnerabilities"]), "it answers without advisories"),
        (says(200, b"<html>Please log in</html>"), "JSONDecodeError"),
        (says(403, {"vulnerabilities": [ADVISORY]}), "it answers 403"),
        (says(503, b""), "it answers 503"),
    ],
)
def test_who_tells_of_known_advisories_is_the_service(answer: Answer, reason: str | None) -> None:
    with service(answer) as address:
        assert silence(address, SECONDS) == reason


def test_an_answer_that_never_ends_is_none() -> None:
    ended = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not ended.wait(0.02):
            request.wfile.write(b" ")

    with service(drip) as address:
        assert silence(address, 0.3) == "no answer within 0.3 s"
        ended.set()


def test_where_nobody_answers_nothing_is_audited(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(FAILING, f"http://127.0.0.1:{free_port()}/", SECONDS) == 0
    said = "not audited: the advisory service cannot be reached (ConnectionError)\n"
    assert capfd.readouterr().out == said


@pytest.mark.parametrize(("found", "status"), [({"vulns": [ADVISORY]}, 1), ({}, 0)])
def test_an_advisory_fails_the_audit(
    found: object, status: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "run.lock"
    lock.write_text(f"pinned==1.0 --hash=sha256:{'0' * 64}\n")
    known = says(200, {"vulnerabilities": [ADVISORY]})
    with service(known) as pypi, service(says(200, found)) as osv:
        audit = [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes"]
        audit += ["--progress-spinner", "off", "--cache-dir", str(tmp_path / "cache")]
        asked = main([*audit, "-s", "osv", "--osv-url", osv, "-r", str(lock)], pypi, SECONDS)
    assert asked == status
    assert ("PYSEC-2026-1" in capfd.readouterr().out) == bool(found)
