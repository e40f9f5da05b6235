#!/usr/bin/env python3
"""typed.py PROMPT ANSWER COMMAND…: runs a command on a terminal of its own, types ANSWER whenever it shows PROMPT, and prints what it
shows. Exits as the command does; with 124 after two minutes, in which a command that was stopped there would not end."""
import os, pty, select, signal, sys, time

prompt, answer, command = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown, answered, end = b"", 0, time.monotonic() + 120
while time.monotonic() < end:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    shown += data
    while shown.count(prompt) > answered:
        answered += 1
        # The command switches the echo off after it has asked.
        time.sleep(0.3)
        os.write(terminal, answer + b"\n")
else:
    os.killpg(pid, signal.SIGKILL)
    sys.exit(124)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
