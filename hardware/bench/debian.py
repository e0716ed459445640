# SPDX-License-Identifier: Apache-2.0
"""Debian packages without installing them: another suite or architecture of the archive that this
machine's apt already uses, unpacked below a folder of the bench's own."""

import re
import subprocess
import tarfile
import time
from pathlib import Path


class Failure(Exception):
    """Why the bench could not do its work, in one sentence."""


class Unreachable(Failure):
    """The archive did not answer, several times."""


def codename():
    """`bookworm`, `trixie` …"""
    text = Path("/etc/os-release").read_text()
    found = re.search(r'^VERSION_CODENAME="?(\w+)', text, re.M)
    if not found or not re.search(r"^ID=debian", text, re.M):
        raise Failure("The bench takes its kernels from Debian: run it on Debian 12 or 13.")
    return found[1]


def sources():
    """(URI, suites, keyring) of every archive in the machine's apt, in their order."""
    for path in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            fields = dict(re.findall(r"^([\w-]+):[ \t]*(.+)$", stanza, re.M))
            if "deb" in fields.get("Types", "").split():
                for uri in fields.get("URIs", "").split():
                    yield uri, fields.get("Suites", "").split(), fields.get("Signed-By")
    lists = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*.list")]
    for path in lists:
        for line in path.read_text().splitlines() if path.exists() else []:
            found = re.match(r"deb\s+(\[[^]]*\]\s+)?(\S+)\s+(\S+)\s", line)
            if found:
                signed = re.search(r"signed-by=([^\s\]]+)", found[1] or "")
                yield found[2], [found[3]], signed and signed[1]


class Archive:
    """One suite and one architecture; /etc/apt stays as it is."""

    def __init__(self, suite, architecture, folder):
        self.name = f"{suite}/{architecture}"
        self.state = folder / "apt" / f"{suite}-{architecture}"
        self.packages = folder / "packages" / f"{suite}-{architecture}"
        self.packages.mkdir(parents=True, exist_ok=True)
        for part in ("lists/partial", "cache/archives/partial"):
            (self.state / part).mkdir(parents=True, exist_ok=True)
        (self.state / "status").touch()
        host = codename()
        mirrors = [(uri, key) for uri, suites, key in sources() if host in suites]
        security = [
            (uri, key) for uri, suites, key in sources() if f"{host}-security" in suites]
        if not mirrors:
            raise Failure(f"No archive with {host} is among the sources of this machine's apt.")
        wanted = [(*mirrors[0], suite)]
        if suite == host and security:
            wanted.append((*security[0], f"{suite}-security"))
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        (self.state / "sources.list").write_text("".join(
            f"deb [signed-by={key or keyring}] {uri} {name} main\n"
            for uri, key, name in wanted))
        settings = {
            "Dir::State": self.state, "Dir::State::lists": self.state / "lists",
            "Dir::State::status": self.state / "status", "Dir::Cache": self.state / "cache",
            "Dir::Etc::sourcelist": self.state / "sources.list", "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferencesparts": "-", "APT::Architecture": architecture,
            "APT::Architectures": architecture, "APT::Sandbox::User": "root",
            "Acquire::Languages": "none"}
        pairs = (("-o", f"{key}={value}") for key, value in settings.items())
        self.options = [part for pair in pairs for part in pair]

    def _apt(self, program, *arguments, tries=1):
        command = [program, *self.options, *arguments]
        for attempt in range(1, tries + 1):
            done = subprocess.run(command, cwd=self.packages, capture_output=True, text=True)
            if done.returncode == 0:
                return done.stdout
            if attempt < tries:
                time.sleep(5 * attempt)
        reason = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise (Unreachable if tries > 1 else Failure)(
            f"{program} {arguments[-1]} from {self.name} failed {tries} times: {reason}")

    def update(self):
        if not (self.state / "updated").exists():
            self._apt("apt-get", "-qq", "--error-on=any", "update", tries=3)
            (self.state / "updated").touch()

    def depends(self, package):
        """Names of the packages that it depends on, the first of each alternative."""
        return re.findall(r"^  Depends: (\S+)", self._apt("apt-cache", "depends", package), re.M)

    def closure(self, package):
        """It and the libraries that it needs, in their order."""
        found = [package]
        for name in found:
            found += [other for other in self.depends(name)
                      if other.startswith(("lib", "zlib")) and other not in found]
        return found

    def fetch(self, *packages):
        """Paths of the packages, downloaded unless they are there."""
        self.update()
        missing = [name for name in packages if not list(self.packages.glob(f"{name}_*.deb"))]
        if missing:
            self._apt("apt-get", "-qq", "download", *missing, tries=3)
        return [next(self.packages.glob(f"{name}_*.deb")) for name in packages]


def unpack(package, root, only=r"."):
    """Files of a package whose path matches, below `root`."""
    pipe = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
    with tarfile.open(fileobj=pipe.stdout, mode="r|") as archive:
        archive.extraction_filter = lambda member, _: member
        for member in archive:
            if member.isdir() or not re.search(only, member.name):
                continue
            # An absolute link stays within the root.
            if member.issym() and member.linkname.startswith("/"):
                member.linkname = str(root) + member.linkname
            archive.extract(member, root)
    if pipe.wait():
        raise Failure(f"{package} cannot be unpacked: remove it and try again.")


class Kernel:
    """A PREEMPT_RT kernel of Debian with the headers to build modules against."""

    MODULES = r"/vmlinu|/kernel/(fs/(9p|netfs|fscache)|net/9p|drivers/(virtio|usb|char|hid))/"

    def __init__(self, suite, architecture, folder):
        self.architecture = architecture
        target = Archive(suite, architecture, folder)
        host = target if architecture == "amd64" else Archive(suite, "amd64", folder)
        self.root = folder / "kernel" / f"{suite}-{architecture}"
        ready = self.root / "version"
        if not ready.exists():
            target.update()
            self.version = next(
                name.removeprefix("linux-image-")
                for name in target.depends(f"linux-image-rt-{architecture}")
                if name.startswith("linux-image-6") or name.startswith("linux-image-7"))
            headers = f"linux-headers-{self.version}"
            parts = [name for name in target.depends(headers)
                     if name.startswith(("linux-headers-", "linux-kbuild-"))]
            unpack(target.fetch(f"linux-image-{self.version}")[0], self.root, self.MODULES)
            for name in (headers, *parts):
                # The tools of the kernel's build run here, whatever they build for.
                archive = host if name.startswith("linux-kbuild-") else target
                unpack(archive.fetch(name)[0], self.root)
            self._relocate()
            ready.write_text(self.version)
        self.version = ready.read_text()
        self.image = next(self.root.glob("boot/vmlinuz-*"))
        self.headers = self.root / "usr/src" / f"linux-headers-{self.version}"

    def _relocate(self):
        """The headers' makefiles name absolute paths."""
        for makefile in self.root.glob("usr/src/linux-headers-*/Makefile"):
            if makefile.stat().st_size < 2048:
                text = makefile.read_text()
                text = re.sub(r"(?<![\w.])/usr/(src|lib)/", rf"{self.root}/usr/\1/", text)
                makefile.write_text(text)

    def build(self, source, output):
        """The module of a folder, built outside of it; path of the .ko."""
        output.mkdir(parents=True, exist_ok=True)
        changed = False
        for path in source.iterdir():
            if path.suffix in (".c", ".h") or path.name in ("Makefile", "Kbuild"):
                copy = output / path.name
                if not copy.exists() or copy.read_bytes() != path.read_bytes():
                    copy.write_bytes(path.read_bytes())
                    changed = True
        made = list(output.glob("*.ko"))
        if made and not changed:
            return made[0]
        # BTF would need pahole, for a module that nobody traces.
        command = [
            "make", "-s", "-C", self.headers, f"M={output}", "CONFIG_DEBUG_INFO_BTF_MODULES="]
        if self.architecture == "arm64":
            command += ["ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-"]
        done = subprocess.run([*command, "modules"], capture_output=True, text=True)
        if done.returncode or "warning:" in done.stderr:
            raise Failure(f"The module does not build against {self.version}:\n{done.stderr}")
        return next(output.glob("*.ko"))


class Udev:
    """The daemon that names and opens devices, with its libraries: without it libusb is not told of
    a device that is plugged in."""

    def __init__(self, suite, architecture, folder):
        self.root = folder / "udev" / f"{suite}-{architecture}"
        ready = self.root / "ready"
        if not ready.exists():
            archive = Archive(suite, architecture, folder)
            archive.update()
            for package in archive.fetch(*archive.closure("udev")):
                unpack(package, self.root, r"/bin/udevadm|/lib/.*\.so")
            ready.touch()
        triple = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[architecture]
        #: Before and after /usr was merged, and systemd's own.
        self.libraries = [self.root / part for part in (
            f"usr/lib/{triple}", f"lib/{triple}", f"usr/lib/{triple}/systemd")]
        self.program = next(self.root / part for part in ("usr/bin/udevadm", "bin/udevadm")
                            if (self.root / part).exists())
