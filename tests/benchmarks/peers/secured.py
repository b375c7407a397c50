"""What a byte costs when it is signed and encrypted."""

import shutil
import tempfile
from pathlib import Path

from hmi.link.station import CERTIFICATE, load_or_make
from tests.benchmarks.peers import runs
from tests.benchmarks.peers.child import python
from tests.benchmarks.peers.runs import LOADS, Load, Measured, Peer, Plan
from tests.benchmarks.report import Result

POLICY = "Basic256Sha256"


def measure(plan: Plan) -> list[Result]:
    """Compare the same load over SecurityPolicy None and Basic256Sha256, signed and encrypted, on one server."""
    load = next(load for load in LOADS if load.name == "100k")
    with tempfile.TemporaryDirectory(prefix="andon-bench-") as folder:
        pki, own = Path(folder) / "pki", Path(folder) / "client"
        load_or_make(own)
        (pki / "trusted").mkdir(parents=True)
        shutil.copy(own / CERTIFICATE, pki / "trusted")
        secured = Peer(
            name="ours",
            command=lambda tags, _: python(
                "tests.benchmarks.peers.our_server", "--tags", str(tags), "--pki", str(pki)
            ),
        )
        plain = _measured(secured, load, plan, "")
        locked = _measured(secured, load, plan, str(own))
    ratio = (locked.cpu_pct / locked.bytes_s) / (plain.cpu_pct / plain.bytes_s)
    note = (
        f"{load.name}: None {plain.cpu_pct:.1f} % for {plain.bytes_s / 1e6:.2f} MB/s, "
        f"{POLICY} SignAndEncrypt {locked.cpu_pct:.1f} % for {locked.bytes_s / 1e6:.2f} MB/s, lost {locked.lost}"
    )
    return [Result(name="secure_cost_ratio", value=ratio, unit="", goal="<= 2", note=note)]


def _measured(peer: Peer, load: Load, plan: Plan, identity: str) -> Measured:
    with (
        runs.running(peer, load.tags) as (server, url, _),
        runs.loaded(load, server, url, plan, identity) as client,
    ):
        return runs.windows(load, server, client, plan)
