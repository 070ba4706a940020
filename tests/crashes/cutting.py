"""A line to PostgreSQL that breaks once: the server has committed, and the answer never comes."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET = ".s.PGSQL.5432"


class Line:
    """Carries everything, until a COMMIT after `marked` was sent: that one's answer is thrown away with the line."""

    def __init__(self, server: Path, marked: bytes) -> None:
        self.cuts = 0
        self._server, self._marked = server, marked
        self._open: list[socket.socket] = []

    def serve(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                self._open += [client, server]
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def hang_up(self) -> None:
        for line in self._open:
            line.close()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        is_marked, is_cut = threading.Event(), threading.Event()
        back = threading.Thread(target=self._back, args=(client, server, is_cut), daemon=True)
        back.start()
        with contextlib.suppress(OSError):
            while sent := client.recv(65536):
                if self._marked in sent:
                    is_marked.set()
                if is_marked.is_set() and b"COMMIT" in sent and not self.cuts:
                    self.cuts += 1
                    is_cut.set()
                server.sendall(sent)
        server.close()

    def _back(self, client: socket.socket, server: socket.socket, is_cut: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while (said := server.recv(65536)) and not is_cut.is_set():
                client.sendall(said)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        client.close()


@contextmanager
def cutting(sockets: Path, folder: Path, marked: bytes) -> Iterator[Line]:
    """A server's socket in `folder`, as if PostgreSQL were there."""
    line = Line(sockets / SOCKET, marked)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / SOCKET))
        listening.listen()
        threading.Thread(target=line.serve, args=(listening,), daemon=True).start()
        try:
            yield line
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            line.hang_up()
