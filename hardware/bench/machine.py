# SPDX-License-Identifier: Apache-2.0
"""A small Linux machine: an initramfs with programs and their libraries, booted by QEMU so that one
guest instruction takes one nanosecond and idle time is skipped."""

import lzma
import re
import stat
import subprocess
from pathlib import Path

from debian import Failure


def _readelf(path, *options):
    return subprocess.run(["readelf", *options, path], capture_output=True, text=True).stdout


class Initramfs:
    """Files in memory, written as a newc archive; programs bring the libraries that they need."""

    def __init__(self, libraries):
        #: Folders where libraries of the guest's architecture are looked for, in this order.
        self.libraries = libraries
        self.entries = {}
        self.orders = {}
        for name in "dev proc sys tmp host etc run".split():
            self.folder(name)
        self._put("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1))

    def _put(self, name, mode, data=b"", device=(0, 0)):
        self.folder(str(Path(name).parent))
        self.entries[name] = (mode, data, device)

    def folder(self, name):
        parts = [] if name == "." else name.split("/")
        for count in range(1, len(parts) + 1):
            self.entries.setdefault("/".join(parts[:count]), (stat.S_IFDIR | 0o755, b"", (0, 0)))

    def file(self, name, content, mode=0o755):
        data = content if isinstance(content, bytes) else Path(content).read_bytes()
        self._put(name, stat.S_IFREG | mode, data)

    def link(self, name, target):
        self._put(name, stat.S_IFLNK | 0o777, target.encode())

    def program(self, path, name=None):
        """An executable in /bin with everything that it is linked against."""
        self.file(f"bin/{name or path.name}", path)
        interpreter = re.search(r"interpreter: /(\S+?)\]", _readelf(path, "-lW"))
        if interpreter:
            self.file(interpreter[1], self._library(Path(interpreter[1]).name, path))
        self._needed(path)

    def _needed(self, path):
        for name in re.findall(r"NEEDED.*\[(.*?)\]", _readelf(path, "-dW")):
            if f"lib/{name}" not in self.entries and not name.startswith("ld-linux"):
                library = self._library(name, path)
                self.file(f"lib/{name}", library)
                self._needed(library)

    def _library(self, name, user):
        machine = Path(user).read_bytes()[18:20]
        for folder in self.libraries:
            found = folder / name
            if found.exists() and found.read_bytes()[18:20] == machine:
                return found.resolve()
        raise Failure(f"{user} needs {name}, which is not among the guest's libraries.")

    def busybox(self, path, applets):
        self.file("bin/busybox", path)
        for name in applets:
            self.entries.setdefault(f"bin/{name}", (stat.S_IFLNK | 0o777, b"busybox", (0, 0)))

    def module(self, name, root, order=None):
        """A module of the kernel, or the path of one, after those that it depends on; listed in
        /modules/ORDER."""
        index = {}
        for path in root.rglob("*.ko*"):
            index[path.name.split(".")[0].replace("-", "_")] = path
        self._module(name, index, order)

    def _module(self, name, index, order):
        key = Path(name).name.split(".")[0].replace("-", "_")
        if f"modules/{key}.ko" in self.entries:
            return
        path = Path(name) if "/" in str(name) else index.get(key)
        if path is None:
            return  # built in
        data = lzma.open(path).read() if path.suffix == ".xz" else path.read_bytes()
        for dependency in re.search(rb"\0?depends=([^\0]*)\0", data)[1].decode().split(","):
            if dependency:
                self._module(dependency, index, order)
        self.file(f"modules/{key}.ko", data, 0o644)
        if order:
            self.orders.setdefault(order, []).append(key)

    def write(self, path):
        for order, names in self.orders.items():
            self.file(f"modules/{order}", "".join(f"{name}\n" for name in names).encode(), 0o644)
        with open(path, "wb") as out:
            entries = sorted(self.entries.items()) + [("TRAILER!!!", (0, b"", (0, 0)))]
            for number, (name, (mode, data, device)) in enumerate(entries, 1):
                fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
                head = b"070701" + b"".join(b"%08x" % field for field in fields)
                head += name.encode() + b"\0"
                out.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))


# Without what is slow to emulate and changes no path: the wide registers at each switch of threads,
# and strings by bytes.
QEMU = {
    "amd64": "qemu-system-x86_64 -M q35 -cpu max,-xsave,-erms,-fsrm",
    "arm64": "qemu-system-aarch64 -M virt,gic-version=3 -cpu cortex-a72",
}
CONSOLE = {"amd64": "ttyS0", "arm64": "ttyAMA0"}


def boot(architecture, kernel, initramfs, share):
    """Starts the machine with `share` as its /host; the caller waits for the process.

    One CPU: several would take turns on one thread of the host while the clock of all goes on, and
    no deadline could be held to; on amd64 the kernel does not even come up with them."""
    quiet = "quiet panic=-1 oops=panic mitigations=off nokaslr random.trust_cpu=on"
    clock = "tsc=reliable no_timer_check" if architecture == "amd64" else ""
    command = [
        *QEMU[architecture].split(), "-accel", "tcg", "-icount", "shift=0,sleep=off",
        "-smp", "1", "-m", "1024",
        "-display", "none", "-nodefaults", "-no-user-config", "-no-reboot",
        "-chardev", f"file,id=console,path={share}/console.txt", "-serial", "chardev:console",
        "-virtfs", f"local,path={share},mount_tag=host,security_model=none,multidevs=remap",
        "-kernel", kernel, "-initrd", initramfs,
        "-append", f"console={CONSOLE[architecture]} {quiet} {clock}"]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=open(share / "qemu.txt", "w"))
