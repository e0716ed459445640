"""Drives an amplifier with BrainFlow, which knows nothing of ours, and prints what it read as JSON.

    brainflow_reads.py BOARD_ID PORT SAMPLES COMMAND...

Commands go out before the stream is started; their replies, and the rows of the first SAMPLES
samples at least, are printed: package numbers, microvolts, acceleration in g, analog values.
"""

import json
import sys
import time

from brainflow.board_shim import BoardIds, BoardShim, BrainFlowInputParams

BoardShim.disable_board_logger()
board_id, port, samples, commands = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:]
parameters = BrainFlowInputParams()
parameters.serial_port = port
board = BoardShim(board_id, parameters)
board.prepare_session()
replies = [board.config_board(command) for command in commands]
board.start_stream()
deadline = time.monotonic() + 120
while board.get_board_data_count() < samples and time.monotonic() < deadline:
    time.sleep(0.05)
board.stop_stream()
data = board.get_board_data()
board.release_session()


def rows(name):
    description = BoardShim.get_board_descr(BoardIds(board_id))
    return [data[row].tolist() for row in description.get(name, [])]


package_row = BoardShim.get_package_num_channel(board_id)
print(json.dumps({
    "replies": replies,
    "packages": [int(number) for number in data[package_row]],
    "microvolts": rows("eeg_channels"),
    "acceleration": rows("accel_channels"),
    "analog": rows("analog_channels"),
}))
