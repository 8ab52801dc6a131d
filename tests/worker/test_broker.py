"""Clients of brokers, where no real broker is bad enough."""

from __future__ import annotations

import asyncio
import base64
import struct
from pathlib import Path

import pytest
from aiokafka.protocol.admin import (
    ApiVersionResponse_v0,
    SaslAuthenticateResponse_v0,
    SaslHandShakeResponse_v1,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from chatpulse.worker import topics
from chatpulse.worker.app import reach
from chatpulse.worker.broker import Broker, tls
from chatpulse.worker.errors import RefusedError
from chatpulse.worker.settings import Security, Settings
from tests.certificates import Authority

VERSIONS, HANDSHAKE, AUTHENTICATE = 18, 17, 36
MECHANISM = "SCRAM-SHA-256"


async def impostor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take everybody in: whoever asks for SCRAM's proof that we know the password gets some proof.

    That of somebody who knows it would be checked by the client, and so is this one.
    """
    said = [b"", b"v=" + base64.b64encode(b"x" * 32)]
    try:
        while True:
            [size] = struct.unpack(">i", await reader.readexactly(4))
            request = await reader.readexactly(size)
            key, _, number, client = struct.unpack_from(">hhih", request)
            body = request[10 + client :]
            if key == VERSIONS:
                known = [(VERSIONS, 0, 0), (HANDSHAKE, 1, 1), (AUTHENTICATE, 0, 0)]
                answer = ApiVersionResponse_v0(0, known).encode()
            elif key == HANDSHAKE:
                answer = SaslHandShakeResponse_v1(0, [MECHANISM]).encode()
            else:
                if b"n,," in body:
                    nonce = body.rpartition(b",r=")[2]
                    said[0] = b"r=" + nonce + b"ours,s=" + base64.b64encode(b"salt") + b",i=4096"
                answer = SaslAuthenticateResponse_v0(0, None, said.pop(0)).encode()
            writer.write(struct.pack(">ii", len(answer) + 4, number) + answer)
    except asyncio.IncompleteReadError:
        writer.close()


def test_who_cannot_prove_to_know_the_password_is_no_broker(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> str:
        server = await asyncio.start_server(impostor, "127.0.0.1", 0)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        security = Security(
            protocol="SASL_PLAINTEXT", sasl_mechanism=MECHANISM, username="u", password="s3cret"
        )
        settings = Settings(brokers=address, security=security, startup_timeout="100ms")
        broker = Broker(settings)
        try:
            with pytest.raises(RefusedError) as refused:
                await reach(broker, settings, topics.look)
        finally:
            await broker.close()
            server.close()
        return str(refused.value)

    line = asyncio.run(run())
    assert "could not prove that it knows the password" in line
    assert "s3cret" not in line + caplog.text


FILES = [("ca", "security.ca "), ("cert", "security.cert "), ("key", " and security.key ")]


@pytest.mark.parametrize(("damaged", "named"), FILES)
def test_files_that_are_no_certificates_are_told(tmp_path: Path, damaged: str, named: str) -> None:
    authority = Authority(tmp_path)
    signed = authority.sign("client", "client.example")
    files = {"ca": authority.file, "cert": signed.cert, "key": signed.key}
    assert tls(Security(protocol="SSL", **files)) is not None
    files[damaged].write_text("no PEM", encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        tls(Security(protocol="SSL", **files))
    assert str(refused.value).startswith("TLS files cannot be used: ")
    assert f"{named}{files[damaged]}" in str(refused.value)


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_its_password(tmp_path: Path) -> None:
    signed = Authority(tmp_path).sign("client", "client.example")
    key = load_pem_private_key(signed.key.read_bytes(), None)
    locked = BestAvailableEncryption(b"geheim")
    signed.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    with pytest.raises(RefusedError, match="the key not encrypted"):
        tls(Security(protocol="SSL", cert=signed.cert, key=signed.key))


def test_a_key_of_another_certificate_is_told(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.sign("one", "a.example"), authority.sign("other", "b.example")
    with pytest.raises(RefusedError, match=r"TLS files cannot be used: .*mismatch"):
        tls(Security(protocol="SSL", cert=one.cert, key=other.key))
