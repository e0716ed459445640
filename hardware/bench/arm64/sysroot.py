# SPDX-License-Identifier: Apache-2.0
"""`acquire` for Debian 13 on arm64, built here: the machine's own Swift compiler with the arm64
Swift library of Debian sid, which it rebuilds from its textual interfaces.

Compiler and library are of different releases, so this is for tests; it is nothing to ship."""

import json
import shutil
import subprocess
from pathlib import Path

from debian import Archive, Failure, unpack

#: C library, C++ library and libgpiod 2 of the guest.
USERLAND = "trixie"
TRIPLE = "aarch64-linux-gnu"
LIBRARY = "usr/libexec/swift/lib/swift_static"
PACKAGES = (
    "libc6 libc6-dev linux-libc-dev libgcc-s1 libstdc++6 libgpiod3 libgpiod-dev libusb-1.0-0 "
    "libusb-1.0-0-dev libudev1 libcap2 busybox-static").split()


class Sysroot:
    """Headers and libraries of the guest below `root`, a Swift SDK beside them."""

    def __init__(self, folder):
        self.folder = folder / "arm64"
        self.root = self.folder / "root"
        self.sdks = self.folder / "sdks"
        ready = self.folder / "ready"
        if ready.exists():
            self.gcc = ready.read_text()
            return
        shutil.rmtree(self.root, ignore_errors=True)
        archive = Archive(USERLAND, "arm64", folder)
        archive.update()
        compiler = next(name for name in archive.depends("g++") if name.startswith("g++-"))
        self.gcc = compiler.removeprefix("g++-")
        development = [f"libgcc-{self.gcc}-dev", f"libstdc++-{self.gcc}-dev"]
        for package in archive.fetch(*PACKAGES, *development):
            unpack(package, self.root)
        for name in ("lib", "bin", "sbin"):
            if not (self.root / name).exists():
                (self.root / name).symlink_to(f"usr/{name}")
        self._swift_library(folder)
        ready.write_text(self.gcc)

    def _swift_library(self, folder):
        package, = Archive("sid", "arm64", folder).fetch("swiftlang")
        unpack(package, self.root, rf"{LIBRARY}/(linux|shims|os|dispatch)")
        package.unlink()  # half a gigabyte
        library = self.root / LIBRARY
        for module in (library / "linux").glob("*.swiftmodule"):
            if list(module.glob("*.swiftinterface")):
                for binary in module.glob("*.swiftmodule"):
                    binary.unlink()
            else:  # Foundation and its like: only for their own compiler
                shutil.rmtree(module)
        for archive in (library / "linux").glob("lib*Foundation*.a"):
            archive.unlink()
        tools = swift_tools()
        clang = next((tools.parent / "lib/clang").iterdir())
        (library / "clang").symlink_to(clang)
        (self.root / "usr/lib/swift_static").symlink_to(library)
        self._describe(tools)
        subprocess.run(
            [tools / "swiftc", "-O", "-target", "aarch64-unknown-linux-gnu", "-sdk", self.root,
             "-resource-dir", library, "-static-stdlib", "-module-cache-path",
             self.folder / "modules", "-parse-as-library", "-module-name", "Foundation", "-static",
             "-emit-library", "-emit-module", "-module-link-name", "Foundation",
             "-o", self.root / "usr/lib" / TRIPLE / "libFoundation.a",
             "-emit-module-path", library / "linux" / "Foundation.swiftmodule",
             Path(__file__).parent / "Foundation.swift"], check=True)

    def _describe(self, tools):
        """The SDK as SwiftPM wants it."""
        library = str(self.root / LIBRARY)
        gcc = f"--gcc-install-dir={self.root}/usr/lib/gcc/{TRIPLE}/{self.gcc}"
        bundle = self.sdks / "bench.artifactbundle"
        (bundle / "bench").mkdir(parents=True, exist_ok=True)
        (bundle / "info.json").write_text(json.dumps({
            "schemaVersion": "1.0", "artifacts": {"bench": {
                "type": "swiftSDK", "version": "1", "variants": [{"path": "bench"}]}}}))
        (bundle / "bench/swift-sdk.json").write_text(json.dumps({
            "schemaVersion": "4.0", "targetTriples": {"aarch64-unknown-linux-gnu": {
                "sdkRootPath": str(self.root), "swiftResourcesPath": library,
                "swiftStaticResourcesPath": library, "toolsetPaths": ["toolset.json"]}}}))
        (bundle / "bench/toolset.json").write_text(json.dumps({
            "schemaVersion": "1.0", "rootPath": str(tools),
            "swiftCompiler": {"extraCLIOptions": [
                "-use-ld=lld", "-module-cache-path", str(self.folder / "modules"),
                "-Xclang-linker", gcc]},
            "cCompiler": {"extraCLIOptions": [gcc]}, "cxxCompiler": {"extraCLIOptions": [gcc]},
            "linker": {"path": "ld.lld"}}))

    def build(self, package):
        """The release binary of `acquire`, with the options of `make build`."""
        scratch = self.folder / "build"
        command = [
            "swift", "build", "-c", "release", "--product", "acquire", "--static-swift-stdlib",
            "-Xlinker", "-z", "-Xlinker", "now", "--swift-sdks-path", self.sdks,
            "--swift-sdk", "bench", "--scratch-path", scratch]
        done = subprocess.run(command, cwd=package, capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"acquire does not build for arm64:\n{done.stdout}{done.stderr}")
        return scratch / "aarch64-unknown-linux-gnu/release/acquire"

    @property
    def libraries(self):
        return [self.root / f"usr/lib/{TRIPLE}", self.root / "usr/lib"]


def swift_tools():
    """Folder of the Swift compiler and of its clang and lld."""
    found = shutil.which("swiftc")
    if not found:
        raise Failure("Swift is missing: install Swift 6.3 and put it on PATH.")
    # The first of several links may be a chooser that is no compiler itself.
    target = subprocess.run(
        ["swiftc", "-print-target-info"], capture_output=True, text=True, check=True).stdout
    resources = Path(json.loads(target)["paths"]["runtimeResourcePath"])
    return resources.parent.parent / "bin"
