"""A small Hugging Face hub on loopback: what huggingface_hub asks of it, and the ways it can go wrong."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Fault = Literal["cut off once", "corrupt", "missing", "gated", "unavailable"]


@dataclass
class Hub:
    """The same file under every name, or files by name. `requests` records what was asked: method, path and Range."""

    content: bytes | Mapping[str, bytes]
    fault: Fault | None = None
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    endpoint: str = ""


@contextlib.contextmanager
def serve(content: bytes | Mapping[str, bytes], fault: Fault | None = None) -> Iterator[Hub]:
    """Serve a file as the hub does, with a fault or none, while the block runs."""
    hub = Hub(content, fault)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def log_message(self, *arguments: object) -> None:
            pass

        def _answer(self, *, with_body: bool) -> None:
            if "/resolve/" not in self.path:
                self.send_error(404)
                return
            name = self.path.rsplit("/", 1)[-1]
            commit = hashlib.sha1(self.path.partition("/resolve/")[0].encode()).hexdigest()
            content = hub.content if isinstance(hub.content, bytes) else hub.content.get(name)
            fault = "missing" if content is None else hub.fault
            content = content or b""
            hub.requests.append((self.command, self.path, self.headers.get("Range")))
            refusal = {"missing": (404, "EntryNotFound"), "gated": (401, "GatedRepo"), "unavailable": (503, "")}
            if fault in refusal:
                code, error = refusal[fault]
                self.send_response(code)
                self.send_header("X-Repo-Commit", commit)
                self.send_header("X-Error-Code", error)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
            body = content[start:]
            if fault == "corrupt":
                body = bytes(byte ^ 0xFF for byte in body)
            self.send_response(206 if start else 200)
            self.send_header("X-Repo-Commit", commit)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Accept-Ranges", "bytes")
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body and fault == "cut off once":
                hub.fault = None
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.connection.close()
            elif with_body:
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
