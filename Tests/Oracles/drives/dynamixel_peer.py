"""A Dynamixel servo on a pseudo-terminal, of the packet handling of ROBOTIS' own SDK.

    dynamixel_peer.py [ID]

Its first line is the terminal's path. It knows ping, read, write, sync write, sync read, reboot and
the bus watchdog, as an X series servo does; a line "state" on its standard input makes it print
its state as JSON, "stop" or the end of the input ends it.

Stuffing and sums are the SDK's; only what a servo does with a packet is written here.
"""

import json
import os
import select
import sys
import time
import tty

import dynamixel_sdk as sdk

ID_AT, BAUD_AT, MODE_AT, TORQUE_AT, LEVEL_AT, ERROR_AT, WATCHDOG_AT = 7, 8, 11, 64, 68, 70, 98
GOALS = range(100, 120)
GOAL_CURRENT_AT, GOAL_VELOCITY_AT, GOAL_POSITION_AT = 102, 104, 116
CURRENT_AT, VELOCITY_AT, POSITION_AT = 126, 128, 132
# Address: bytes, lowest, highest; without the two nothing may be written.
ITEMS = {
    0: (2,), 2: (4,), 6: (1,), 7: (1, 0, 252), 8: (1, 0, 7), 9: (1, 0, 254), 10: (1, 0, 13),
    11: (1, 0, 16), 12: (1, 0, 255), 13: (1, 2, 2), 20: (4, -1044479, 1044479), 24: (4, 0, 1023),
    31: (1, 0, 100), 32: (2, 95, 160), 34: (2, 95, 160), 36: (2, 0, 885), 38: (2, 0, 1193),
    44: (4, 0, 1023), 48: (4, 0, 4095), 52: (4, 0, 4095), 63: (1, 0, 61), 64: (1, 0, 1),
    65: (1, 0, 1), 68: (1, 0, 2), 69: (1,), 70: (1,), 76: (2, 0, 16383), 78: (2, 0, 16383),
    80: (2, 0, 16383), 82: (2, 0, 16383), 84: (2, 0, 16383), 88: (2, 0, 16383), 90: (2, 0, 16383),
    98: (1, 0, 127), 100: (2, -885, 885), 102: (2, -1193, 1193), 104: (4, -1023, 1023),
    108: (4, 0, 32767), 112: (4, 0, 32767), 116: (4, -1048575, 1048575), 120: (2,), 122: (1,),
    123: (1,), 124: (2,), 126: (2,), 128: (4,), 132: (4,), 136: (4,), 140: (4,), 144: (2,),
    146: (1,)}
INITIAL = {0: 1020, 6: 45, 8: 1, 9: 250, 11: 3, 12: 255, 13: 2, 24: 10, 31: 80, 32: 160, 34: 95,
           36: 885, 38: 1193, 44: 200, 48: 4095, 63: 52, 68: 2, 76: 1920, 78: 100, 84: 800,
           100: 885, 102: 1193, 144: 120, 146: 30}
DEFINED = {place: start for start, item in ITEMS.items() for place in range(start, start + item[0])}


class Servo:
    def __init__(self, number):
        self.handler = sdk.protocol2_packet_handler.Protocol2PacketHandler()
        self.table = bytearray(147)
        for address, value in INITIAL.items():
            self.put(address, value)
        self.put(ID_AT, number)
        self.position, self.velocity, self.time = 2162.0, 0.0, time.monotonic()
        self.heard = self.time
        self.counts = {"instructions": 0, "goals": 0, "refused": 0, "trips": 0, "bad": 0}
        self.put(GOAL_POSITION_AT, round(self.position))

    def get(self, address):
        size, *limits = ITEMS[address]
        signed = bool(limits and limits[0] < 0) or address in (CURRENT_AT, VELOCITY_AT, POSITION_AT)
        return int.from_bytes(self.table[address:address + size], "little", signed=signed)

    def put(self, address, value):
        size = ITEMS[address][0]
        self.table[address:address + size] = (value % (1 << 8 * size)).to_bytes(size, "little")

    def go_on(self):
        now = time.monotonic()
        seconds, self.time = now - self.time, now
        watchdog = self.get(WATCHDOG_AT)
        if self.get(TORQUE_AT) and 1 <= watchdog <= 127 and now - self.heard > 0.02 * watchdog:
            self.put(WATCHDOG_AT, -1)
            self.counts["trips"] += 1
            self.put(GOAL_VELOCITY_AT, 0)
            self.put(GOAL_CURRENT_AT, 0)
            self.put(GOAL_POSITION_AT, round(self.position))
        self.velocity = 0.0
        if self.get(TORQUE_AT):
            mode = self.get(MODE_AT)
            if mode == 1:
                self.velocity = self.get(GOAL_VELOCITY_AT) * 0.229 / 60 * 4096
            elif mode in (3, 4, 5):
                # As fast as its profile, or 40 turns a minute, has it.
                fastest = (self.get(112) * 0.229 or 40) / 60 * 4096
                distance = self.get(GOAL_POSITION_AT) - self.position
                self.velocity = max(-fastest, min(fastest, distance / max(seconds, 0.001)))
        self.position += self.velocity * seconds
        self.put(POSITION_AT, round(self.position))
        self.put(VELOCITY_AT, round(self.velocity / 4096 * 60 / 0.229))

    def write(self, address, data):
        """The error, 0 when all is written; nothing is written unless all of it can be."""
        changes, place = [], 0
        while place < len(data):
            start = address + place
            if DEFINED.get(start) is None:
                return sdk.protocol2_packet_handler.ERRNUM_ACCESS
            size, *limits = ITEMS[DEFINED[start]]
            if not limits or start < TORQUE_AT and self.get(TORQUE_AT):
                return sdk.protocol2_packet_handler.ERRNUM_ACCESS
            if DEFINED[start] != start or len(data) - place < size:
                return sdk.protocol2_packet_handler.ERRNUM_DATA_LENGTH
            value = int.from_bytes(bytes(data[place:place + size]), "little", signed=limits[0] < 0)
            if start in GOALS and start not in (108, 112) and self.table[WATCHDOG_AT] == 0xFF:
                return sdk.protocol2_packet_handler.ERRNUM_DATA_RANGE
            if not limits[0] <= value <= limits[1]:
                return sdk.protocol2_packet_handler.ERRNUM_DATA_RANGE
            if start == GOAL_POSITION_AT and self.get(MODE_AT) == 3 \
                    and not self.get(52) <= value <= self.get(48):
                return sdk.protocol2_packet_handler.ERRNUM_DATA_LIMIT
            if start == GOAL_CURRENT_AT and abs(value) > self.get(38) \
                    or start == GOAL_VELOCITY_AT and abs(value) > self.get(44):
                return sdk.protocol2_packet_handler.ERRNUM_DATA_LIMIT
            changes.append((start, value))
            place += size
        for start, value in changes:
            if start == TORQUE_AT and value and not self.get(TORQUE_AT):
                self.put(GOAL_POSITION_AT, round(self.position))
            self.put(start, value)
            if start in GOALS and start not in (108, 112) and self.get(TORQUE_AT):
                self.counts["goals"] += 1
        return 0

    def reboot(self):
        for address in ITEMS:
            if address >= TORQUE_AT:
                self.put(address, INITIAL.get(address, 0))
        self.put(GOAL_POSITION_AT, round(self.position))

    def read(self, address, count):
        if not count or any(place not in DEFINED for place in range(address, address + count)):
            return sdk.protocol2_packet_handler.ERRNUM_ACCESS, []
        return 0, list(self.table[address:address + count])

    def answer(self, line, error, data=()):
        count = len(data) + 4
        packet = [
            0xFF, 0xFF, 0xFD, 0, self.get(ID_AT), count & 0xFF, count >> 8, 0x55, error, *data,
            0, 0]
        # The SDK's own txPacket would forget the stuffing.
        packet = self.handler.addStuffing(packet)
        crc = self.handler.updateCRC(0, packet, len(packet) - 2)
        packet[-2:] = [sdk.DXL_LOBYTE(crc), sdk.DXL_HIBYTE(crc)]
        os.write(line, bytes(packet))

    def obey(self, line, number, instruction, parameters):
        self.counts["instructions"] += 1
        self.heard = time.monotonic()
        self.go_on()
        mine, level = self.get(ID_AT), self.get(LEVEL_AT)
        everyone = number == sdk.BROADCAST_ID

        def word(place):
            return parameters[place] | parameters[place + 1] << 8

        if instruction == sdk.INST_SYNC_WRITE and everyone and len(parameters) > 4:
            step = word(2) + 1
            for start in range(4, len(parameters) - step + 1, step):
                if parameters[start] == mine:
                    error = self.write(word(0), parameters[start + 1:start + step])
                    self.counts["refused"] += bool(error)
        elif instruction == sdk.INST_SYNC_READ and everyone and len(parameters) > 4:
            if mine in parameters[4:]:
                self.answer(line, *self.read(word(0), word(2)))
        elif number == mine or everyone:
            error, data, least = 0, [], 2
            if instruction == sdk.INST_PING:
                data, least, everyone = list(self.table[0:2]) + [self.table[6]], 0, False
            elif instruction == sdk.INST_READ and len(parameters) == 4:
                least = 1
                error, data = self.read(word(0), word(2))
            elif instruction == sdk.INST_WRITE and len(parameters) > 2:
                error = self.write(word(0), parameters[2:])
            elif instruction == sdk.INST_REBOOT:
                self.reboot()
            else:
                error = sdk.protocol2_packet_handler.ERRNUM_INSTRUCTION
            self.counts["refused"] += bool(error)
            if not everyone and level >= least:
                self.answer(line, error, data)

    def take(self, line, pending):
        """Obeys the packets in what has come; gives what is left of it."""
        while True:
            start = 0
            while start < len(pending) and bytes(pending[start:start + 4]) != \
                    b"\xff\xff\xfd\x00"[:len(pending) - start]:
                start += 1
            pending = pending[start:]
            if len(pending) < 10:
                return pending
            length = sdk.DXL_MAKEWORD(pending[5], pending[6])
            if not 3 <= length <= 1000:
                pending, self.counts["bad"] = pending[1:], self.counts["bad"] + 1
                continue
            if len(pending) < length + 7:
                return pending
            packet, rest = pending[:length + 7], pending[length + 7:]
            if self.handler.updateCRC(0, packet, length + 5) != \
                    sdk.DXL_MAKEWORD(packet[-2], packet[-1]):
                pending, self.counts["bad"] = pending[1:], self.counts["bad"] + 1
                continue
            pending = rest
            packet = self.handler.removeStuffing(packet)
            end = sdk.DXL_MAKEWORD(packet[5], packet[6]) + 5
            if packet[7] != 0x55:
                self.obey(line, packet[4], packet[7], packet[8:end])

    def state(self):
        self.go_on()
        return {
            "position": self.position, "velocity": self.velocity, "mode": self.get(MODE_AT),
            "torque": self.get(TORQUE_AT), "watchdog": self.table[WATCHDOG_AT],
            "goal position": self.get(GOAL_POSITION_AT),
            "goal velocity": self.get(GOAL_VELOCITY_AT),
            "goal current": self.get(GOAL_CURRENT_AT), **self.counts}


near, far = os.openpty()
tty.setraw(far)
print(os.ttyname(far), flush=True)
line, servo, pending = near, Servo(int(sys.argv[1]) if len(sys.argv) > 1 else 1), []
while True:
    ready, _, _ = select.select([near, sys.stdin.fileno()], [], [], 0.002)
    servo.go_on()
    if near in ready:
        pending = servo.take(line, pending + list(os.read(near, 4096)))
    if sys.stdin.fileno() in ready:
        words = os.read(sys.stdin.fileno(), 4096)
        if not words or b"stop" in words:
            break
        print(json.dumps(servo.state()), flush=True)
