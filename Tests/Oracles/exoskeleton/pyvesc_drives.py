"""Drives a VESC with pyvesc, which knows nothing of ours, and prints what was sent and answered.

    pyvesc_drives.py PORT

JSON: a list of {"sent": hex, "payload": hex}; each command is followed by a request of the values,
whose payload pyvesc has taken out of its frame.
"""

import binascii
import json
import os
import select
import sys
import types

# pyvesc 1.0.5 asks for a module PyCRC that is no longer to be had: Python's own CRC stands in.
crc_module = types.ModuleType("PyCRC.CRCCCITT")
crc_module.CRCCCITT = type(
    "CRCCCITT", (), {"calculate": lambda self, data: binascii.crc_hqx(bytes(data), 0)})
sys.modules["PyCRC"] = types.ModuleType("PyCRC")
sys.modules["PyCRC.CRCCCITT"] = crc_module

import pyvesc  # noqa: E402
from pyvesc.packet.codec import unframe  # noqa: E402

port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)


def values():
    os.write(port, pyvesc.encode_request(pyvesc.GetValues))
    received = b""
    while True:
        payload, _ = unframe(received)
        if payload is not None:
            return payload
        if not select.select([port], [], [], 60)[0]:
            sys.exit("no answer within a minute")
        received += os.read(port, 4096)


exchanges = []
for command in [
    pyvesc.SetCurrent(1500), pyvesc.SetRPM(1000), pyvesc.SetDutyCycle(2000),
    pyvesc.SetCurrentBrake(5000), pyvesc.SetPosition(40.0),
]:
    frame = pyvesc.encode(command)
    os.write(port, frame)
    exchanges.append({"sent": frame.hex(" "), "payload": values().hex(" ")})
print(json.dumps(exchanges))
