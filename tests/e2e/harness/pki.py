"""Certificates made for a test, with openssl(1)."""

import ssl
import subprocess
from pathlib import Path


def openssl(*args, text=None):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, input=text, text=True)


class Identity:
    """A certificate and its key, as files."""

    def __init__(self, folder, name):
        self.cert = folder / f"{name}.crt"
        self.key = folder / f"{name}.key"

    def files(self, **more):
        """As an sslFiles of a manifest."""
        return {"tlsCert": str(self.cert), "tlsKey": str(self.key), **more}

    def replace(self, other):
        """Takes over another's certificate and key, each file in one step."""
        for mine, theirs in ((self.cert, other.cert), (self.key, other.key)):
            temporary = mine.with_suffix(".new")
            temporary.write_bytes(theirs.read_bytes())
            temporary.rename(mine)


class Pki:
    """An authority and those that it vouches for."""

    def __init__(self, folder, name="authority"):
        self.folder = Path(folder)
        self.root = Identity(self.folder, name)
        self.make(self.root, name, [], None)

    @property
    def ca(self):
        return str(self.root.cert)

    def make(self, identity, name, sans, issuer):
        extensions = f"basicConstraints=critical,CA:{'FALSE' if issuer else 'TRUE'}\n"
        if sans:
            extensions += f"subjectAltName={','.join(sans)}\n"
        request = identity.cert.with_suffix(".csr")
        config = identity.cert.with_suffix(".ext")
        config.write_text(extensions)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", identity.key]
        openssl("req", "-new", *key, "-subj", f"/CN={name}", "-out", request)
        sign = ["-CA", issuer.cert, "-CAkey", issuer.key, "-CAcreateserial"] if issuer else ["-signkey", identity.key]
        openssl("x509", "-req", "-in", request, *sign, "-days", "2", "-extfile", config, "-out", identity.cert)

    def identity(self, name, *sans):
        """`sans` as in DNS:shop.test; without any, that of the name."""
        made = Identity(self.folder, name.replace("*", "wild"))
        self.make(made, name, sans or [f"DNS:{name}"], self.root)
        return made

    def staple(self, identity, days=1):
        """An answer of OCSP about it, as a file in DER. Without days it names no end, and so is over already."""
        made = identity.cert.with_suffix(".ocsp")
        serial = subprocess.run(
            ["openssl", "x509", "-noout", "-serial", "-in", identity.cert], check=True, capture_output=True, text=True
        ).stdout.strip().removeprefix("serial=")
        index = identity.cert.with_suffix(".index")
        index.write_text(f"V\t991231235959Z\t\t{serial}\tunknown\t/CN=any\n")
        authority = ["-CA", self.ca, "-rsigner", self.ca, "-rkey", self.root.key, "-issuer", self.ca]
        until = ["-ndays", days] if days else []
        openssl("ocsp", "-index", index, *authority, "-cert", identity.cert, "-respout", made, *until)
        return str(made)

    def client_context(self, identity=None, least=None, most=None):
        context = ssl.create_default_context(cafile=self.ca)
        if identity:
            context.load_cert_chain(identity.cert, identity.key)
        if least:
            context.minimum_version = least
        if most:
            context.maximum_version = most
        return context

    def server_context(self, identity, clients=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity.cert, identity.key)
        if clients:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context
