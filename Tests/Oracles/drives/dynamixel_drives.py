"""Drives Dynamixel servos with ROBOTIS' own SDK and prints what it saw.

    dynamixel_drives.py PORT BAUD

Servos with the ids 1 and 2 are there, and no others. Each entry of the JSON is what the SDK handed
back: values, and errors as the servo numbers them.
"""

import json
import sys
import time

import dynamixel_easy_sdk
import dynamixel_sdk as sdk

port = sdk.PortHandler(sys.argv[1])
assert port.openPort() and port.setBaudRate(int(sys.argv[2]))
packets = sdk.PacketHandler(2.0)


def patiently(ask):
    """`ask` gives values, result and error; the SDK waits 34 ms, on a loaded machine too."""
    for _ in range(30):
        *values, result, error = ask()
        if result == sdk.COMM_SUCCESS:
            return (*values, error)
        time.sleep(0.05)
    raise SystemExit(packets.getTxRxResult(result))


def write(size, number, address, value):
    call = {1: packets.write1ByteTxRx, 2: packets.write2ByteTxRx, 4: packets.write4ByteTxRx}[size]
    return patiently(lambda: call(port, number, address, value))[0]


def read(size, number, address):
    call = {1: packets.read1ByteTxRx, 2: packets.read2ByteTxRx, 4: packets.read4ByteTxRx}[size]
    return list(patiently(lambda: call(port, number, address)))


def position(number):
    return read(4, number, 132)[0]


def arrived(number, goal):
    """Waits until the joint is there; where it is after a minute at most."""
    for _ in range(600):
        if abs(position(number) - goal) <= 3:
            break
        time.sleep(0.1)
    return position(number)


def group(make, tell):
    for _ in range(30):
        members = make()
        if tell(members) == sdk.COMM_SUCCESS:
            return members
        time.sleep(0.05)
    raise SystemExit("a group was not answered")


def four(value):
    return [value >> shift & 0xFF for shift in (0, 8, 16, 24)]


seen = {}
seen["ping"] = [list(patiently(lambda: packets.ping(port, number))) for number in (1, 2)]
seen["absent"] = packets.ping(port, 3)[1] == sdk.COMM_RX_TIMEOUT
for _ in range(10):
    answers, result = packets.broadcastPing(port)
    if len(answers) == 2:
        break
seen["broadcast"] = sorted([number, *data] for number, data in answers.items())
seen["model"] = read(2, 1, 0)
seen["start"] = position(1)

seen["wrong range"] = write(1, 1, 64, 2)
seen["wrong limit"] = write(4, 1, 116, 4096)
seen["wrong access"] = write(4, 1, 132, 0)
seen["wrong length"] = write(1, 1, 116, 0)
seen["torque"] = [write(1, number, 64, 1) for number in (1, 2)]
seen["locked"] = write(1, 1, 11, 0)
seen["goal"] = write(4, 1, 116, 2500)
seen["arrived"] = arrived(1, 2500)
seen["goal read"] = read(4, 1, 116)
# What looks like a header in an answer has to be stuffed; indirect bytes keep what they are given.
# (In what it sends itself the SDK 4.1.0 does the stuffing in a copy that it then forgets, so that
# a value of FF FF FD FD could not be written by it.)
block = [0xFF, 0xFF, 0xFD, 0x00, 0xFF, 0xFF, 0xFD, 0x01]
seen["stuffed write"] = patiently(lambda: packets.writeTxRx(port, 1, 224, len(block), block))[0]
data, error = patiently(lambda: packets.readTxRx(port, 1, 224, len(block)))
seen["stuffed read"] = [data[: len(block)], error]


def sync_write():
    members = sdk.GroupSyncWrite(port, packets, 116, 4)
    members.addParam(1, four(2300))
    members.addParam(2, four(2400))
    return members


group(sync_write, lambda members: members.txPacket())
seen["sync written"] = [arrived(1, 2300), arrived(2, 2400)]


def sync_read():
    members = sdk.GroupSyncRead(port, packets, 116, 4)
    members.addParam(1)
    members.addParam(2)
    return members


members = group(sync_read, lambda members: members.txRxPacket())
seen["sync read"] = [members.getData(number, 116, 4) for number in (1, 2)]
members = group(sync_read, lambda members: members.fastSyncRead())
seen["fast sync read"] = [members.getData(number, 116, 4) for number in (1, 2)]


def bulk_write():
    members = sdk.GroupBulkWrite(port, packets)
    members.addParam(1, 65, 1, [1])
    members.addParam(2, 116, 4, four(2350))
    return members


group(bulk_write, lambda members: members.txPacket())


def bulk_read():
    members = sdk.GroupBulkRead(port, packets)
    members.addParam(1, 65, 1)
    members.addParam(2, 116, 4)
    return members


members = group(bulk_read, lambda members: members.txRxPacket())
seen["bulk read"] = [members.getData(1, 65, 1), members.getData(2, 116, 4)]

seen["registered"] = [
    patiently(lambda: packets.regWriteTxRx(port, 1, 116, 4, four(2222)))[-1],
    read(1, 1, 69), read(4, 1, 116)[0]]
packets.action(port, 1)
# The SDK does not wait for the answer to an action; the line is not free before it has come.
time.sleep(0.1)
seen["action"] = [read(1, 1, 69), read(4, 1, 116)[0]]

seen["watchdog on"] = write(1, 1, 98, 100)
# Silence, longer than 2 s.
time.sleep(2.5)
seen["watchdog"] = read(1, 1, 98)
seen["goal refused"] = write(4, 1, 116, 2400)
seen["watchdog off"] = write(1, 1, 98, 0)
seen["goal again"] = write(4, 1, 116, 2400)
seen["arrived again"] = arrived(1, 2400)

write(4, 1, 112, 1)
write(4, 1, 116, 3000)
seen["clear while moving"] = patiently(lambda: packets.clearMultiTurn(port, 1))[-1]
seen["reboot"] = patiently(lambda: packets.reboot(port, 1))[-1]
time.sleep(0.5)
seen["after reboot"] = [read(1, 1, 64)[0], read(1, 1, 65)[0], read(4, 1, 112)[0]]

# What the SDK itself believes of the table.
model = dynamixel_easy_sdk.__path__[0] + "/control_table/xm430_w350.model"
rows = open(model, encoding="utf-8").read().split("[control table]")[1].splitlines()[2:]
seen["table"] = [
    [int(row.split("\t")[0]), int(row.split("\t")[1])] for row in rows
    if row and "Indirect" not in row]
print(json.dumps(seen))
