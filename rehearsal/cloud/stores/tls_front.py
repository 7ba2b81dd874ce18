"""Takes TLS connections and passes what is in them to a server of the same pod that knows no TLS.

Runs in a pod with nothing but Python: ``tls_front.py TLS_DIRECTORY PORT UPSTREAM_PORT [postgres]``. A client of
PostgreSQL asks in clear whether the server speaks TLS, before it does; one that does not ask is turned away, as by a
server that forces TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass

TLS_REQUEST = bytes.fromhex("0000000804d2162f")
"""PostgreSQL's SSLRequest: a length of 8 and the code 80877103."""
_PIECE_BYTES = 65536


@dataclass(frozen=True)
class Front:
    """Passes what comes in by TLS on to ``upstream``, a port of the loopback interface."""

    tls: ssl.SSLContext
    upstream: int
    asked_first: bool
    """Whether clients ask for TLS as PostgreSQL's do."""

    async def serve(self, port: int) -> None:
        """Accept connections for ever."""
        context = None if self.asked_first else self.tls
        server = await asyncio.start_server(self._connected, "0.0.0.0", port, ssl=context)  # noqa: S104  in a pod
        async with server:
            await server.serve_forever()

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        # Whatever goes wrong with one connection is told to its client by its end.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            if self.asked_first:
                if await reader.readexactly(len(TLS_REQUEST)) != TLS_REQUEST:
                    return
                writer.write(b"S")
                await writer.start_tls(self.tls)
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
            await asyncio.gather(_carry(reader, inner_writer), _carry(inner_reader, writer))


async def _carry(reader: StreamReader, writer: StreamWriter) -> None:
    """Pass everything on until one side ends, then end the other."""
    with contextlib.suppress(OSError), contextlib.closing(writer):
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()


def main(directory: str, port: str, upstream: str, protocol: str = "") -> None:
    """Serve with the pair in ``<directory>/tls.crt`` and ``tls.key``."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(f"{directory}/tls.crt", f"{directory}/tls.key")
    asyncio.run(Front(tls, int(upstream), protocol == "postgres").serve(int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
