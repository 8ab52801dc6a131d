"""Certificates for tests: authorities, and what they sign, as PEM files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Signed:
    """A certificate with its chain, and its key (PKCS 8: Java reads no other)."""

    cert: Path
    key: Path


class Authority:
    """An authority of its own; its certificate is in `file`."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self.ca = trustme.CA()
        self.file = folder / f"{name}.pem"
        self._folder = folder
        self.ca.cert_pem.write_to_path(self.file)

    def sign(
        self, name: str, *identities: str, common_name: str | None = None, expired: bool = False
    ) -> Signed:
        """Issue NAME.pem and NAME.key for host names and addresses; one that ended yesterday."""
        now = dt.datetime.now(dt.UTC)
        issued = self.ca.issue_cert(
            *identities,
            common_name=common_name,
            not_before=now - 2 * DAY,
            not_after=now - DAY if expired else now + DAY,
        )
        signed = Signed(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        signed.cert.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        key = load_pem_private_key(issued.private_key_pem.bytes(), None)
        signed.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return signed
