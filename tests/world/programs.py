"""Programs that tests run in an interpreter of their own."""

from __future__ import annotations

NO_ROUTE = """
import socket
try:
    socket.create_connection(("203.0.113.1", 443), timeout=20)
except OSError as error:
    print(error.strerror)
"""
START = """
import json, sys
from rehearsal.progress import Silent
from rehearsal.session import Level, Session, World, needed_tools
from rehearsal.toolchain import Toolchain
tools, world = Toolchain.default().ensure(needed_tools(Level.FULL), Silent()), World(nodes=[json.loads(sys.argv[2])])
print("starting", flush=True)
Session.start(sys.argv[1], tools, world, Silent(), Level.FULL)
"""
RESOLVE = """
import socket, struct, sys
name = b"".join(bytes([len(part)]) + part.encode() for part in sys.argv[1].split(".")) + b"\\0"
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(5)
client.sendto(struct.pack(">6H", 1, 256, 1, 0, 0, 0) + name + struct.pack(">2H", 1, 1), ("10.96.0.10", 53))
print(socket.inet_ntoa(client.recv(512)[-4:]))
"""
