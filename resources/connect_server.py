"""The process of the local engine: a Spark session and a Spark Connect server that listens on loopback alone.

Belongs here: what runs inside that process (`python -m resources.connect_server PROPERTIES PORT STATE`). Not:
starting and stopping it (engine.py).

Spark 3.5 has no setting for the address: its own SparkConnectServer listens on every interface, and without
authentication whoever reaches it can run any code. So the server is put together here, as its
startGRPCService does, with an address.
"""

import json
import os
import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
STOP_S = 10  # for answers that are on their way


def serve(port: int) -> tuple[Any, Any]:
    """The session and the server of this process, listening on loopback at `port` (0: a free one)."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    jvm: Any = session._jvm
    connect = jvm.org.apache.spark.sql.connect
    conf = session.sparkContext._jsc.sc().conf()
    largest_message = int(conf.get("spark.connect.grpc.maxInboundMessageSize", str(128 << 20)))
    builder = jvm.org.sparkproject.connect.grpc.netty.NettyServerBuilder.forAddress(
        jvm.java.net.InetSocketAddress(LOOPBACK, port)
    )
    builder.maxInboundMessageSize(largest_message)
    builder.addService(connect.service.SparkConnectService(False))
    _scala_object(connect.service, "SparkConnectInterceptorRegistry").chainInterceptors(builder)
    server = builder.build()
    server.start()
    return session, server


def _scala_object(package: Any, name: str) -> Any:
    return getattr(getattr(package, f"{name}$"), "MODULE$")


def main(properties: str, port: str, state: str) -> int:
    """Serve until SIGTERM or until the JVM ends; `state` is written when the server answers."""
    import psutil

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"--properties-file {shlex.quote(properties)} pyspark-shell"
    session, server = serve(int(port))
    session.range(1).count()  # a wrong setting shows now, and the first run waits less
    me = psutil.Process()
    known = {"pid": me.pid, "created": me.create_time(), "port": server.getPort()}
    fresh = Path(f"{state}.{me.pid}")
    fresh.write_text(json.dumps(known))
    fresh.replace(state)

    jvm = session.sparkContext._gateway.proc
    while not stop.wait(1):
        if jvm.poll() is not None:
            print(f"the JVM ended with code {jvm.returncode}", file=sys.stderr)
            return 1
    server.shutdown()
    seconds = session._jvm.java.util.concurrent.TimeUnit.SECONDS
    if not server.awaitTermination(STOP_S, seconds):
        server.shutdownNow()
    session.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
