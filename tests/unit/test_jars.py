"""The jars on disk: complete or one clear error; resolved again only where they are not; what Java trusts."""

import hashlib
import json
import subprocess
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path

import pyspark
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from resources import jars, trust
from resources.jars import MANIFEST, S3_JARS, SPARK_JARS, JarSet, JarsMissing, jar_paths, jars_at_first_use, resolve
from resources.java import java_home


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What each call of the resolver was given; it brings two small files in the place of jars."""
    calls: list[Path] = []

    def fetch(wanted: JarSet, scratch: Path) -> list[Path]:
        calls.append(scratch)
        for name in ("a.jar", "b.jar"):
            (scratch / name).write_bytes(name.encode() * 100)
        return [scratch / "a.jar", scratch / "b.jar"]

    monkeypatch.setattr(jars, "_fetch", fetch)
    return calls


def jars_in(folder: Path, coordinate: str = "org.example:one:1") -> JarSet:
    return JarSet("a test", (coordinate,), folder)


def test_the_coordinates_are_those_of_the_installed_packages() -> None:
    assert (
        f"io.delta:delta-spark_2.12:{version('delta-spark')}",
        f"org.apache.spark:spark-connect_2.12:{version('pyspark')}",
    ) == SPARK_JARS.coordinates[:2]


def test_the_installed_jars_are_complete() -> None:
    names = [path.name for path in jar_paths()]
    assert any("delta-spark" in name for name in names) and any("spark-connect" in name for name in names)


def test_missing_jars_are_one_error_with_the_command_that_resolves_them(tmp_path: Path) -> None:
    with pytest.raises(JarsMissing, match=r"are not there.*-m resources\.jars"):
        jar_paths(jars_in(tmp_path / "jars"))


def test_complete_jars_are_not_resolved_again(tmp_path: Path, fetched: list[Path]) -> None:
    folder = tmp_path / "share" / "jars"
    assert resolve(jars_in(folder)) is True
    assert resolve(jars_in(folder)) is False
    assert len(fetched) == 1
    assert jar_paths(jars_in(folder)) == [folder / "a.jar", folder / "b.jar"]
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["jars"]["a.jar"] == {"bytes": 500, "sha256": hashlib.sha256(b"a.jar" * 100).hexdigest()}


def test_a_jar_cut_short_is_seen_and_resolved_again(tmp_path: Path, fetched: list[Path]) -> None:
    folder = tmp_path / "jars"
    resolve(jars_in(folder))
    (folder / "a.jar").write_bytes(b"a.jar")
    with pytest.raises(JarsMissing, match=r"a\.jar is missing or cut short"):
        jar_paths(jars_in(folder))
    assert resolve(jars_in(folder)) is True
    assert jar_paths(jars_in(folder))


def test_a_jar_with_other_content_is_resolved_again(tmp_path: Path, fetched: list[Path]) -> None:
    folder = tmp_path / "jars"
    resolve(jars_in(folder))
    (folder / "a.jar").write_bytes(b"x" * 500)
    assert resolve(jars_in(folder)) is True
    assert (folder / "a.jar").read_bytes() == b"a.jar" * 100


def test_jars_of_another_version_are_replaced(tmp_path: Path, fetched: list[Path]) -> None:
    folder = tmp_path / "jars"
    resolve(jars_in(folder))
    other = jars_in(folder, "org.example:other:1")
    with pytest.raises(JarsMissing, match=r"org\.example:other:1"):
        jar_paths(other)
    assert resolve(other) is True


def test_a_failed_resolution_leaves_nothing_and_keeps_what_stood_there(
    tmp_path: Path, fetched: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "jars"
    resolve(jars_in(folder))

    def fail(wanted: JarSet, scratch: Path) -> list[Path]:
        (scratch / "half.jar").write_bytes(b"half")
        raise JarsMissing("no network")

    monkeypatch.setattr(jars, "_fetch", fail)
    with pytest.raises(JarsMissing, match="no network"):
        resolve(jars_in(folder, "org.example:other:1"))
    assert [path.name for path in tmp_path.iterdir()] == ["jars"]
    assert (folder / "a.jar").is_file()


def test_jars_of_a_first_use_are_resolved_once_and_announced(tmp_path: Path, fetched: list[Path]) -> None:
    said: list[str] = []
    wanted = jars_in(tmp_path / "jars")
    assert jars_at_first_use(wanted, said.append) == jars_at_first_use(wanted, said.append)
    assert said == [f"fetching the jars of a test into {tmp_path / 'jars'}: once, with a network"]
    assert len(fetched) == 1


def test_without_a_network_the_first_use_is_one_error_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(wanted: JarSet, scratch: Path) -> list[Path]:
        raise JarsMissing("no network")

    monkeypatch.setattr(jars, "_fetch", fail)
    wanted = JarSet("a test", ("org.example:one:1",), tmp_path / "jars", option="--s3")
    with pytest.raises(JarsMissing, match=r"not there.*-m resources\.jars --s3\. It was tried now: no network"):
        jars_at_first_use(wanted, lambda text: None)


def test_the_jars_of_s3_fit_the_hadoop_of_spark_and_leave_out_the_bundle() -> None:
    hadoop = next((Path(pyspark.__file__).parent / "jars").glob("hadoop-client-api-*.jar")).stem.rsplit("-", 1)[1]
    assert f"org.apache.hadoop:hadoop-aws:{hadoop}" in S3_JARS.coordinates
    assert "com.amazonaws:aws-java-sdk-bundle" in S3_JARS.excludes
    assert S3_JARS.folder != SPARK_JARS.folder


def authority(name: str) -> x509.Certificate:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )


def test_java_reads_the_authorities_of_the_bundles_each_once(tmp_path: Path) -> None:
    first, second = (authority(name).public_bytes(Encoding.PEM) for name in ("a company", "another"))
    bundle, other = tmp_path / "bundle.pem", tmp_path / "other.pem"
    unreadable = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    bundle.write_bytes(b"# a comment\n" + first + unreadable + second)
    other.write_bytes(first)
    store = tmp_path / "trust.p12"

    assert trust.write_trust_store(store, [bundle, other]) == 2

    keytool = java_home() / "bin" / "keytool"
    command = [keytool, "-list", "-keystore", store, "-storetype", "PKCS12", "-storepass", trust.PASSWORD]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert listed.count("trustedCertEntry") == 2


def test_the_bundle_of_the_settings_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "company.pem"
    bundle.write_bytes(authority("a company").public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("PIP_CERT", str(tmp_path / "gone.pem"))
    assert trust.bundles()[0] == bundle
    assert tmp_path / "gone.pem" not in trust.bundles()


def test_without_a_bundle_java_keeps_its_own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "bundles", list)
    assert trust.trust_store_options(tmp_path / "trust.p12") == []


def test_the_proxy_of_the_environment_is_told_to_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert jars._proxy_options() == ["-Dhttps.proxyHost=proxy.example", "-Dhttps.proxyPort=3128"]
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.delenv("https_proxy", raising=False)
    assert jars._proxy_options() == []
