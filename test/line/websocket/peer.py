"""A WebSocket peer on the library of Python: does what it is told on standard input, and tells what it sees, as JSON lines.

    peer.py serve [CERT KEY] [--subprotocol NAME]     tells {"port": ...}
    peer.py connect URL [--ca FILE] [--subprotocol NAME] [--header NAME VALUE]
"""
import argparse
import asyncio
import base64
import json
import ssl
import sys

import websockets

parser = argparse.ArgumentParser()
parser.add_argument("role", choices=["serve", "connect"])
parser.add_argument("where", nargs="*")
parser.add_argument("--ca")
parser.add_argument("--subprotocol", action="append")
parser.add_argument("--header", nargs=2, action="append", default=[])
options = parser.parse_args()
sockets = []


def tell(**event):
    print(json.dumps(event), flush=True)


async def hear(socket):
    number = len(sockets)
    sockets.append(socket)
    headers = getattr(socket, "request_headers", {})
    tell(open=number, subprotocol=socket.subprotocol, path=getattr(socket, "path", ""), authorization=headers.get("authorization"))
    try:
        async for message in socket:
            if isinstance(message, str):
                tell(socket=number, text=message)
            else:
                tell(socket=number, bytes=base64.b64encode(message).decode())
    except websockets.ConnectionClosedError:
        pass
    tell(closed=number, code=socket.close_code, reason=socket.close_reason)


def parts_of(command):
    if "parts" in command:
        return command["parts"]
    return [base64.b64decode(part) for part in command["bytes"]]


async def act(command):
    socket = sockets[command.get("socket", -1)]
    if command["do"] == "send":
        parts = parts_of(command)
        await socket.send(parts[0] if len(parts) == 1 else parts)
    elif command["do"] == "ping":
        await asyncio.wait_for(await socket.ping(), 60)
        tell(pong=True)
    elif command["do"] == "close":
        await socket.close(command["code"], command.get("reason", ""))


async def commands():
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        await act(json.loads(line))


async def main():
    if options.role == "serve":
        context = None
        if options.where:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*options.where)
        async with websockets.serve(hear, "127.0.0.1", 0, ssl=context, subprotocols=options.subprotocol) as server:
            tell(port=server.sockets[0].getsockname()[1])
            await commands()
            return
    context = ssl.create_default_context(cafile=options.ca) if options.ca else None
    given = {"ssl": context} if context else {}
    async with websockets.connect(
        options.where[0], subprotocols=options.subprotocol, extra_headers=options.header, **given
    ) as socket:
        hearing = asyncio.create_task(hear(socket))
        await commands()
        hearing.cancel()


asyncio.run(main())
