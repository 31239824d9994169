#!/usr/bin/env python3
"""Shows what a shadow is for: a live pet store, and its next version that gets a copy of the traffic and a verdict.

`./x demo` builds the gateway and runs this. Ctrl-C stops everything; with --once it stops by itself.
"""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

import tour
import trial
from child import Child
from load import Load

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent
ROOT = EXAMPLES.parent


def start_petstore(name, version, *flags):
    server = str(EXAMPLES / "petstore" / "server.py")
    child = Child(name, sys.executable, server, "--name", name, "--version", str(version), "--port", "0", *flags)
    return int(child.wait_for(r"^listening on .*:(\d+)$").group(1))


def write_manifests(folder, ports):
    """The example of shadowing, with the ports that are free today in place of 8081 and 8082, and the trial."""
    folder.mkdir()
    upstreams = (EXAMPLES / "shadowing" / "upstreams.yaml").read_text()
    for standard, actual in zip((8081, 8082), ports):
        upstreams = upstreams.replace(f"port: {standard}", f"port: {actual}")
    (folder / "upstreams.yaml").write_text(upstreams)
    for file in (EXAMPLES / "shadowing" / "virtual-service.yaml", HERE / "shadow-test.yaml"):
        (folder / file.name).write_text(file.read_text())


def start_gateway(binary, folder, listen):
    places = ("-c", str(folder / "manifests"), "--store", str(folder / "state" / "gnomon.db"))
    child = Child("gnomon", binary, "run", *places, "--listen", listen, "--admin", "127.0.0.1:0", "--workers", "1")
    port = int(child.wait_for(r"^listening on \S*:(\d+)").group(1))
    admin = int(child.wait_for(r"^admin on \S*:(\d+)").group(1))
    child.wait_for(r"^ready$")
    return child, port, admin


def show_trial(port, admin):
    print("\nMay petstore-v2 go live? Clients send some traffic, and gnomon compares. Ctrl-C stops everything.\n", flush=True)
    with Load(port) as load:
        found = trial.watch(admin)
    print(f"\nClients got {load.answers} answers, {load.errors} of them errors.")
    return found


def show(args, folder):
    """Whether everything was found that was to be found."""
    stores = start_petstore("petstore", 1), start_petstore("petstore-v2", 2, "--broken")
    write_manifests(folder / "manifests", stores)
    gateway, port, admin = start_gateway(args.bin, folder, args.listen)
    tour.show(port, *stores)
    found = show_trial(port, admin)
    tour.show_what_to_try(os.path.relpath(args.bin), port, admin)
    if args.once:
        return found
    print("Ctrl-C stops everything.", flush=True)
    gateway.process.wait()
    return True


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--once", action="store_true", help="stop after the verdict; 0 if it names the four faults, and no noise")
    args.add_argument("--listen", default="127.0.0.1:0", help="where the gateway listens (default: any free port)")
    args.add_argument("--bin", default=os.environ.get("GNOMON_BIN", str(ROOT / "build" / "release" / "gnomon")))
    args = args.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    found = True
    with tempfile.TemporaryDirectory(prefix="gnomon-demo-") as folder:
        try:
            found = show(args, Path(folder))
        except KeyboardInterrupt:
            print("\nstopping")
        finally:
            # Before the folder goes: the gateway keeps its evidence there until the end.
            codes = {child.name: child.stop() for child in reversed(Child.started)}
    return 0 if found and not codes.get("gnomon") else 1


if __name__ == "__main__":
    sys.exit(main())
