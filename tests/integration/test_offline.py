"""After the installation nothing needs a network: a whole pass runs where there is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from places import LONGEST_S, Place, kill_group
from tables import differences

pytestmark = pytest.mark.timeout(900)

LAUNCHER = """
import ctypes, errno, fcntl, os, socket, struct, sys

NEWUSER, NEWNET = 0x10000000, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
user, group = os.getuid(), os.getgid()
tried = []
for flags, name in ((NEWUSER | NEWNET, "as any user"), (NEWNET, "as root")):
    if libc.unshare(flags) == 0:
        break
    tried.append(f"{name}: {os.strerror(ctypes.get_errno())}")
else:
    sys.exit("this kernel gives no network namespace: " + "; ".join(tried))
if flags & NEWUSER:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    request = struct.pack("16sh14x", b"lo", 0)
    was = struct.unpack("16sh14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", was | IFF_UP))
assert [name for _, name in socket.if_nameindex()] == ["lo"], socket.if_nameindex()
with socket.socket() as outward:
    assert outward.connect_ex(("192.0.2.1", 443)) == errno.ENETUNREACH
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def test_the_access_log_is_processed_without_a_network(access_log: Place, tmp_path: Path) -> None:
    place = Place(tmp_path, access_log.landing)
    # No cache of an earlier download may be what makes it work: the jars stand with the installation.
    home = tmp_path / "home"
    home.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, "-m", "analytics_assets.cli", "run", "access_log"],
        cwd=tmp_path,
        env=place.environment(HOME=str(home), TIDEBOOK_SPARK_MASTER="auto"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        words, _ = child.communicate(timeout=LONGEST_S)
    finally:
        kill_group(child)
    assert child.returncode == 0, words
    assert differences(access_log.lakehouse, place.lakehouse, "access_log") == []
    assert (place.root / "state" / "log4j2.properties").is_file(), "without an engine, auto starts a JVM of its own"


def test_the_launcher_leaves_no_network(tmp_path: Path) -> None:
    """Else the test above would prove nothing: the same launcher, and a program that wants to go out."""
    goes_out = "import socket; socket.create_connection(('1.1.1.1', 53), timeout=5)"
    ended = subprocess.run(
        [sys.executable, "-c", LAUNCHER, "-c", goes_out],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=dict(os.environ),
    )
    assert ended.returncode == 1 and "Network is unreachable" in ended.stderr, ended.stderr
