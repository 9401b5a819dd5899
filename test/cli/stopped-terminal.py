"""Runs a command at a terminal, which stands still (Ctrl-S) from the moment at which the command has printed a text.

Usage: stopped-terminal.py TEXT COMMAND...
Says `stopped` then, and `ended CODE` once the command has ended. Closing standard input ends the command by SIGTERM.
"""

import os
import pty
import signal
import sys
import threading

text, command = sys.argv[1].encode(), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)


def end():
    sys.stdin.read()
    os.kill(child, signal.SIGTERM)


threading.Thread(target=end, daemon=True).start()
seen = b""
while text not in seen:
    seen += os.read(terminal, 4096)
os.write(terminal, b"\x13")
print("stopped", flush=True)
print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
