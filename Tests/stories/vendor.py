"""What the stories of hosted services share: servers in threads, and customers."""

import contextlib
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import parts


class Server:
    """`answer(method, path, headers, body)` gives (status, JSON); one request after the other, or, where
    that would be too slow for many customers, at once."""

    def __init__(self, answer, at_once=False):
        lock = contextlib.nullcontext() if at_once else threading.Lock()
        self.requests = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with lock:
                    status, reply = answer(self.command, self.path, self.headers, body)
                    server.requests.append((self.command, self.path, status))
                text = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        class Listener(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                if not isinstance(sys.exc_info()[1], ConnectionError):
                    super().handle_error(*_)

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.port = self.listener.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def sent(self, method, part):
        """The requests that have `part` in their path, and the answers."""
        return [one for one in self.requests if one[0] == method and part in one[1]]


def customers(port, path):
    """Asks some fifty times a second until the story ends."""
    def ask():
        number = 0
        while True:
            number += 1
            parts.get(port, path.format(number))
            time.sleep(0.02)
    threading.Thread(target=ask, daemon=True).start()


def as_json(headers, body):
    """The body, or None when it is not what its Content-Type says."""
    if not (headers.get("Content-Type") or "").startswith("application/json"):
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None
