"""The server's certificate, and a service account with the same key.

They are made once and kept in `.local`: gRPC reads the roots that a process trusts once, and so all
stand-ins that it meets must show the same certificate.
"""

import fcntl
import ipaddress
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

FOLDER = Path(__file__).resolve().parents[2] / ".local" / "stand_ins"
_VALID = timedelta(days=397)
_SERVICE_ACCOUNT = {
    "type": "service_account",
    "project_id": "stand-in",
    "private_key_id": "stand-in",
    "client_email": "stand-in@stand-in.iam.gserviceaccount.com",
    "client_id": "100000000000000000001",
    "token_uri": "https://oauth2.googleapis.com/token",
}


@dataclass(frozen=True, slots=True)
class Files:
    """The certificate and its key as PEM, and where they are for others.

    Args:
        roots: the certificate, for those who trust it.
        service_account: what people paste, the key of a service account that the stand-in accepts.
    """

    certificate: bytes
    key: bytes
    roots: Path
    service_account: Path


def files(folder: Path = FOLDER) -> Files:
    folder.mkdir(parents=True, exist_ok=True)
    roots, service_account = folder / "google_ads.pem", folder / "google_ads.json"
    with (folder / "google_ads.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (roots.exists() and service_account.exists() and _lasts(roots.read_bytes())):
            certificate, key = _made(datetime.now(UTC))
            service_account.touch(mode=0o600)
            service_account.write_text(json.dumps({**_SERVICE_ACCOUNT, "private_key": key}))
            roots.write_text(certificate)
        key = json.loads(service_account.read_text())["private_key"]
        return Files(roots.read_bytes(), key.encode(), roots, service_account)


def _lasts(certificate: bytes) -> bool:
    ends = x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    return ends > datetime.now(UTC) + timedelta(days=30)


def _made(now: datetime) -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stand-in for Google Ads")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )
