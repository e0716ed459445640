"""Runs a program whose reader stands still, and sees whether it can be ended all the same.

stall.py KIND REPORT SECONDS PROGRAM WORD...: its standard output is a "terminal" or a "pipe" that
nobody reads, or a pipe that is "full" from the beginning. When REPORT is there (or after so many
seconds, of a program that writes it at its end) it gets SIGTERM, once. With "late" the pipe is read
after so many seconds, and the program left to end by itself. Prints as JSON what was shown, and how
it ended; status 999: it had to be killed.
"""

import json
import os
import pty
import signal
import subprocess
import sys
import time

kind, report, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
reading, writing = pty.openpty() if kind == "terminal" else os.pipe()
if kind == "full":
    # What was opened anew has an O_NONBLOCK of its own: the program's end stays as it is.
    own = os.open(f"/proc/self/fd/{writing}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        while True:
            os.write(own, b"." * 4096)
    except BlockingIOError:
        os.close(own)
child = subprocess.Popen(sys.argv[4:], stdin=subprocess.DEVNULL, stdout=writing)
os.close(writing)
shown = b""
if kind == "late":
    time.sleep(seconds)
    while block := os.read(reading, 65536):
        shown += block
else:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not os.path.exists(report):
        time.sleep(0.05)
    # So that it stands where it will stand.
    time.sleep(0.5)
    child.send_signal(signal.SIGTERM)
try:
    # A minute, for a loaded machine.
    status = child.wait(60)
except subprocess.TimeoutExpired:
    child.kill()
    child.wait()
    status = 999
print(json.dumps({"shown": shown.decode(), "status": status}))
