"""Send TERM to every process of a restore at once, at a random moment, as systemd and a shutdown do, and look what is left.

    term-all.py HOST TRIES [SEED]

HOST is the directory of a host with an asset of kind `files`. Prints a line of what happened; ends with 1 and says what when data was lost.
"""

import glob
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

host, tries = sys.argv[1], int(sys.argv[2])
seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**6)
random.seed(seed)
restore = f"{host}/bin/restore.sh"
live = f"{host}/data/one"


def processes(mark):
    """Every process that has inherited a mark in its environment."""
    found = []
    for entry in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(entry, "rb") as file:
                if mark in file.read():
                    found.append(int(entry.split("/")[2]))
        except OSError:
            pass
    return found


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError as error:
        return f"<{error.strerror}>"


def fail(why, out):
    print(f"try {count}, seed {seed}: {why}\n{out}")
    os.system(f"ls -laR {host}/state {host}/data* >&2")
    sys.exit(1)


ended = Counter()
for count in range(tries):
    for old in glob.glob(f"{host}/data.lifeboat-old-*"):
        shutil.rmtree(old)
    newer = f"newer {count}\n"
    with open(live, "w") as file:
        file.write(newer)
    mark = f"TERM_ALL_MARK={os.getpid()}-{count}".encode()
    env = dict(os.environ, TERM_ALL_MARK=mark.decode().split("=")[1])
    with open(f"{host}/err", "w") as err:
        run = subprocess.Popen([restore, "--yes"], env=env, stdout=err, stderr=err, start_new_session=True)
    # Half of the tries aim at what begins with the swap.
    if count % 2:
        while run.poll() is None and not os.path.exists(f"{host}/state/thing.restoring"):
            time.sleep(0.005)
        time.sleep(random.random() * 1.2)
    else:
        time.sleep(random.random() * 4)
    for _ in range(random.choice([1, 1, 2, 3])):
        for pid in processes(mark):
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        time.sleep(random.choice([0, 0.01, 0.2]))
    status = run.wait()
    while processes(mark):
        time.sleep(0.02)
    out = read(f"{host}/err")
    note = read(f"{host}/state/thing.restoring")
    pending = not note.startswith("<") and " prepared " not in note and " committed " not in note
    now = read(live)
    kept = [read(f"{old}/one") for old in glob.glob(f"{host}/data.lifeboat-old-*")]
    if pending:
        ended["pending"] += 1
        if newer not in [now, *kept]:
            fail(f"the live data is gone: {now!r}, kept {kept}", out)
        undo = subprocess.run([restore, "--undo", "--yes"], capture_output=True, text=True)
        if undo.returncode or read(live) != newer:
            fail(f"the undo ended with {undo.returncode}, live is {read(live)!r}", out + undo.stderr)
    elif now == newer:
        ended["old"] += 1
    elif now == "one\n" and newer in kept:
        ended["new"] += 1
    else:
        fail(f"live is {now!r}, kept {kept}, status {status}", out)
    if status == 0 and now != "one\n":
        fail("status 0, but the old data is live", out)
    if "internal error" in out or "unbound" in out or "syntax" in out:
        fail("it stumbled", out)
after = subprocess.run([f"{host}/bin/backup.sh"], capture_output=True, text=True)
if after.returncode:
    fail(f"a backup afterwards ends with {after.returncode}", after.stderr)
junk = [name for name in os.listdir(host) if name.startswith(".lifeboat-live")] + glob.glob(f"{host}/state/thing.s*")
subprocess.run([restore, "--yes"], capture_output=True)
left = [name for name in os.listdir(host) if name.startswith(".lifeboat-live")]
if left:
    fail(f"left behind: {left}", "")
print(f"{tries} tries, seed {seed}: {dict(ended)}, {len(junk)} stages left until the next restore")
