"""Says whether the locks in requirements/ are what pyproject.toml asks for, and hold only versions and hashes.

They are compiled anew beside the old ones, whose versions are kept where they still fit: so a newer release somewhere
does not make a lock stale, and a changed dependency does.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HOUSE = Path(__file__).parents[1]
LOCKS = HOUSE / "requirements"
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;\\]+)(?P<marker> ;[^\\]*)?")


def main() -> int:
    """Compare, and print one line for each fault. The exit code: 0 fresh, 1 not."""
    faults = [fault for path in sorted(LOCKS.glob("*.txt")) for fault in unlike_a_lock(path)]
    with tempfile.TemporaryDirectory() as folder:
        anew = Path(folder)
        for path in LOCKS.glob("*.txt"):
            shutil.copy(path, anew)
        compiled = subprocess.run(  # noqa: S603 - our own script
            [str(LOCKS / "compile.sh")],
            env={**os.environ, "LOCK_DIR": folder},
            capture_output=True,
            text=True,
            check=False,
        )
        if compiled.returncode:
            said = without_addresses(compiled.stderr.strip().splitlines()[-1:] or ["no reason given"])
            faults.append(f"the locks could not be compiled anew, perhaps the package index is out of reach: {said}")
        else:
            faults += [fault for path in sorted(LOCKS.glob("*.txt")) for fault in differences(path, anew / path.name)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def unlike_a_lock(path: Path) -> list[str]:
    """Pins without a hash, and addresses."""
    text = path.read_text("utf-8")
    faults = [f"{path.name}: an address stands in it" for _ in re.findall(r"://|^-i |^--", text, re.MULTILINE)[:1]]
    entries = re.split(r"(?m)^(?=[a-z0-9])", text)
    bare = [pin["name"] for entry in entries if (pin := PIN.match(entry)) and "--hash=sha256:" not in entry]
    return faults + [f"{path.name}: {name} has no hash" for name in bare]


def differences(path: Path, anew: Path) -> list[str]:
    """What a fresh lock holds and this one does not, and the other way round."""
    before, after = pins(path), pins(anew)
    return [f"{path.name} is stale: {line}; run make lock" for line in sorted(before ^ after)[:3]]


def pins(path: Path) -> set[str]:
    """Names, versions and markers."""
    found = (PIN.match(line) for line in path.read_text("utf-8").splitlines())
    return {f"{pin['name']}=={pin['version']}{(pin['marker'] or '').rstrip()}" for pin in found if pin}


def without_addresses(lines: list[str]) -> str:
    """Words of another program, without what they tell about this machine's index."""
    return re.sub(r"\S+://\S+", "…", " ".join(lines))


if __name__ == "__main__":
    sys.exit(main())
