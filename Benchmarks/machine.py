"""The machine that something was measured on."""

import os
import platform


def conditions():
    """Prints what figures from this machine must be read with."""
    with open("/proc/cpuinfo") as file:
        model = next((l.split(":")[1].strip() for l in file if l.startswith("model name")), "?")
    load = os.getloadavg()
    print(f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()} {platform.version()}")
    print(f"load {load[0]:.2f} {load[1]:.2f} {load[2]:.2f}")
    print()
