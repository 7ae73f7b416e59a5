"""Certificates by which schedulers, workers and runs know one another.

All of them have the same: a certificate with its key, and that of the authority which
signed it. Whoever has the key can run code as those who run the workers. The key of the
authority is never written: nobody can make another certificate that counts.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from skelseg_core.engine.cluster import check_installed
from skelseg_core.errors import ConfigError
from skelseg_core.files import atomic_write, new_folder
from skelseg_core.user_folders import config_folder

AUTHORITY, CERTIFICATE, KEY = "authority.pem", "certificate.pem", "key.pem"
"""Files of a folder of certificates."""
DAYS = 365
"""Days for which certificates are made."""
_EARLIER = timedelta(hours=1)
"""Time by which the clocks of computers may differ."""


def certificates_folder() -> Path:
    """Return the folder in which certificates are looked for."""
    return config_folder() / "certificates"


def make_certificates(folder: Path, days: int = DAYS) -> datetime:
    """Make certificates, which nobody else can read; return when they end.

    Parameters
    ----------
    folder : Path
        Made anew.
    days : int
        For which they count.

    Raises
    ------
    ConfigError, ProjectError
        Where the library is missing, or the folder cannot be made or is not empty.
    """
    check_installed("cryptography")
    if (folder / KEY).exists():
        raise ConfigError(
            "{} has certificates already, until {:%Y-%m-%d}; name another folder, or "
            "delete them where no scheduler uses them any more.",
            folder,
            _end(folder),
        )
    end = datetime.now(timezone.utc) + timedelta(days=days)
    files = _signed(end)
    before = os.umask(0o077)
    try:
        with new_folder(folder) as place:
            for name, content in files.items():
                atomic_write(place / name, content)
    finally:
        os.umask(before)
    return end


def _signed(end: datetime) -> dict[str, bytes]:
    """Make an authority, and a certificate that it signs; files by name."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def made(
        subject: str, key: ec.EllipticCurvePrivateKey, is_authority: bool
    ) -> x509.CertificateBuilder:
        usage = dict.fromkeys(
            [
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
            ],
            False,
        )
        signs = {"key_cert_sign": is_authority, "crl_sign": is_authority}
        builder = x509.CertificateBuilder(
            issuer_name=name("skelseg authority"),
            subject_name=name(subject),
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=datetime.now(timezone.utc) - _EARLIER,
            not_valid_after=end,
        )
        for extension, critical in (
            (x509.BasicConstraints(is_authority, 0 if is_authority else None), True),
            (x509.KeyUsage(digital_signature=True, **signs, **usage), True),
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            (
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    authority_key.public_key()
                ),
                False,
            ),
        ):
            builder = builder.add_extension(extension, critical)
        return builder

    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = made("skelseg authority", authority_key, True)
    roles = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        made("skelseg", key, False)
        .add_extension(x509.ExtendedKeyUsage(roles), False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("skelseg")]), False)
    )
    pem = serialization.Encoding.PEM
    sha = hashes.SHA256()
    return {
        AUTHORITY: authority.sign(authority_key, sha).public_bytes(pem),
        CERTIFICATE: certificate.sign(authority_key, sha).public_bytes(pem),
        KEY: key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    }


def _end(folder: Path) -> datetime:
    """Read when certificates end."""
    from cryptography import x509

    try:
        content = (folder / CERTIFICATE).read_bytes()
        return x509.load_pem_x509_certificate(content).not_valid_after_utc
    except (OSError, ValueError) as error:
        raise ConfigError(
            "The certificates in {} cannot be read ({}); copy the folder again, or "
            "make others with 'skelseg cluster certificates'.",
            folder,
            error,
        ) from error


def check_certificates(folder: Path) -> None:
    """Refuse certificates that are missing, have ended, or that others can read.

    Raises
    ------
    ConfigError
    """
    check_installed("distributed", "cryptography")
    make = f"skelseg cluster certificates {folder}"
    if not all((folder / name).is_file() for name in (AUTHORITY, CERTIFICATE, KEY)):
        raise ConfigError(
            "There are no certificates in {}, and nothing is sent without; make some "
            "with '{}', or copy those of the scheduler there.",
            folder,
            make,
        )
    if os.name != "nt" and (folder / KEY).stat().st_mode & 0o077:
        raise ConfigError(
            "Others can read the key {}, and could run code as you; say 'chmod 600 "
            "{}', or make others where somebody may have read it.",
            folder / KEY,
            folder / KEY,
        )
    end = _end(folder)
    if end < datetime.now(timezone.utc):
        raise ConfigError(
            "The certificates in {} ended on {:%Y-%m-%d}; delete them, make others "
            "with '{}', and copy these to all computers.",
            folder,
            end,
            make,
        )


def security_of(folder: Path) -> Any:
    """Make Dask's settings of certificates, for every role.

    Raises
    ------
    ConfigError
        As `check_certificates`.
    """
    check_certificates(folder)
    from distributed import Security

    files = {"tls_ca_file": str(folder / AUTHORITY)}
    for role in ("client", "scheduler", "worker"):
        files[f"tls_{role}_cert"] = str(folder / CERTIFICATE)
        files[f"tls_{role}_key"] = str(folder / KEY)
    return Security(require_encryption=True, **files)
