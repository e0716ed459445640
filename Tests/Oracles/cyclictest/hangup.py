"""Runs a soak on a terminal of its own, takes the terminal away, and ends it later.

hangup.py PROGRAM REPORT: prints as JSON what the terminal showed, whether the program went on
writing its report afterwards, and how it ended.
"""

import json
import os
import pty
import signal
import sys
import time

program, report = sys.argv[1:3]
child, master = pty.fork()
if child == 0:
    os.execv(program, [
        program, "jitter", "-i", "1000", "--soak", "--report", report, "--state-every", "50ms",
        "--allow-best-effort"])

shown = b""
# A minute at most, for a loaded machine; the live page is painted more than once.
for _ in range(600):
    shown += os.read(master, 65536)
    if shown.count(b"\x1b[3A") >= 2 and os.path.exists(report):
        break


def count():
    with open(report) as file:
        return json.load(file)["series"][0]["latency"]["count"]


os.close(master)  # The kernel sends SIGHUP; every write to the terminal fails from here on.
before = count()
grew = False
for _ in range(600):
    time.sleep(0.1)
    if os.waitpid(child, os.WNOHANG) != (0, 0):
        print(json.dumps({"shown": shown.decode(), "wentOn": False, "status": -1}))
        sys.exit()
    if count() > before:
        grew = True
        break
os.kill(child, signal.SIGTERM)
_, status = os.waitpid(child, 0)
print(json.dumps({
    "shown": shown.decode(), "wentOn": grew, "status": os.waitstatus_to_exitcode(status)}))
