"""Has the SDK's own client talk to dynamixel_peer.py, and prints what it saw as JSON."""

import json
import os
import subprocess
import sys
import time

import dynamixel_sdk as sdk

peer = subprocess.Popen(
    [sys.executable, os.path.join(os.path.dirname(__file__), "dynamixel_peer.py"), "7"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
port = sdk.PortHandler(peer.stdout.readline().strip())
assert port.openPort() and port.setBaudRate(57600)
packets = sdk.PacketHandler(2.0)


def patiently(ask):
    for _ in range(30):
        *values, result, error = ask()
        if result == sdk.COMM_SUCCESS:
            return (*values, error)
        time.sleep(0.05)
    raise SystemExit(packets.getTxRxResult(result))


def write(size, address, value):
    call = {1: packets.write1ByteTxRx, 4: packets.write4ByteTxRx}[size]
    return patiently(lambda: call(port, 7, address, value))[0]


def read(size, address):
    call = {1: packets.read1ByteTxRx, 2: packets.read2ByteTxRx, 4: packets.read4ByteTxRx}[size]
    return patiently(lambda: call(port, 7, address))[0]


def arrived(goal):
    for _ in range(600):
        if abs(read(4, 132) - goal) <= 3:
            break
        time.sleep(0.1)
    return read(4, 132)


def state():
    peer.stdin.write("state\n")
    peer.stdin.flush()
    return json.loads(peer.stdout.readline())


seen = {"ping": patiently(lambda: packets.ping(port, 7)), "model": read(2, 0)}
seen["errors"] = [write(1, 64, 2), write(4, 116, 5000), write(4, 132, 0), write(1, 116, 0)]
# FF FF FD FF, of which the answer has to be stuffed.
seen["stuffed"] = [write(1, 11, 4), write(4, 116, 0xFFFDFFFF), read(4, 116), write(1, 11, 3)]
seen["torque"] = write(1, 64, 1)
seen["locked"] = write(1, 11, 0)
seen["goal"] = write(4, 116, 2500)
seen["arrived"] = arrived(2500)
group = sdk.GroupSyncWrite(port, packets, 116, 4)
group.addParam(7, [0xFC, 0x08, 0, 0])
group.addParam(9, [0, 0, 0, 0])
seen["sync write"] = group.txPacket()
seen["arrived again"] = arrived(2300)
group = sdk.GroupSyncRead(port, packets, 116, 4)
group.addParam(7)
for _ in range(30):
    if group.txRxPacket() == sdk.COMM_SUCCESS:
        break
seen["sync read"] = group.getData(7, 116, 4)
seen["watchdog on"] = write(1, 98, 100)
time.sleep(2.5)
seen["watchdog"] = read(1, 98)
seen["refused"] = write(4, 116, 2400)
seen["watchdog off"] = write(1, 98, 0)
seen["goal again"] = write(4, 116, 2400)
seen["trips"] = state()["trips"]
seen["reboot"] = patiently(lambda: packets.reboot(port, 7))[-1]
seen["after reboot"] = read(1, 64)
peer.stdin.write("stop\n")
peer.stdin.close()
seen["ended"] = peer.wait(60)
print(json.dumps(seen))
