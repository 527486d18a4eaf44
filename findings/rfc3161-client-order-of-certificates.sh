#!/bin/sh
# rfc3161-client 1.0.9 and rfc3161ng 2.1.3 (PyPI), with replies of OpenSSL 3.0.19 (Debian 12's `openssl ts`, which has
# to be installed).
#
# A time-stamping authority answers with its certificate and with that of who vouches for it. These are a SET OF, which
# DER puts in the order of their encodings (so, above all, the shorter one first), and CMS (RFC 5652) in any order.
# `openssl ts -reply` writes the signer's first, however long it is. rfc3161-client, on which Sigstore's Python client
# rests, reads nothing but DER.
#
# So which of an authority's two certificates is longer decides whether its stamps can be read there. The authority
# does not notice: for OpenSSL and rfc3161ng all are good. With its next certificate, by a longer name or one more
# extension, one that was fine until then no longer is; and a stamp that was filed for years, verified with one
# program, is none for the expert who takes the other. No signature is over the certificates: put in order, the same
# reply is read, and verifies everywhere. Whoever files stamps for others had better try more than one reader.
#
# Seen:
#   signer's longer: openssl OK, rfc3161ng True, rfc3161-client InvalidSetOrdering
#   signer's longer, put in order: openssl OK, rfc3161ng True, rfc3161-client True
#   signer's shorter: openssl OK, rfc3161ng True, rfc3161-client True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
openssl version | grep -q '^OpenSSL 3\.0\.' || { echo "this needs OpenSSL 3.0, as Debian 12 has it" >&2; exit 2; }
python3 -m venv env
env/bin/pip -q --disable-pip-version-check install 'rfc3161-client==1.0.9' 'rfc3161ng==2.1.3' 'asn1crypto==1.5.1'
cat > read.py <<'PYTHON'
import pathlib
import subprocess

import rfc3161_client
import rfc3161ng
from asn1crypto import tsp
from cryptography import x509
from pyasn1.codec.der import decoder

DATA = b"what was said"
CONF = """[tsa]
default_tsa = it
[it]
serial = serial
signer_cert = signer.pem
certs = root.pem
signer_key = signer.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
"""


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=True)
    return (done.stdout + done.stderr).splitlines()


def authority(root, signer):
    """Make certificates with these names; they are alike but for that."""
    pathlib.Path("use.cnf").write_text("extendedKeyUsage = critical, timeStamping\nkeyUsage = digitalSignature\n")
    pathlib.Path("ts.cnf").write_text(CONF)
    pathlib.Path("serial").write_text("01")
    new = ["req", "-newkey", "rsa:2048", "-nodes"]
    openssl(*new, "-x509", "-set_serial", "1", "-keyout", "root.key", "-out", "root.pem", "-subj", f"/CN={root}")
    openssl(*new, "-keyout", "signer.key", "-out", "signer.csr", "-subj", f"/CN={signer}")
    signed = ["x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "2"]
    openssl(*signed, "-extfile", "use.cnf", "-out", "signer.pem")


def reply():
    pathlib.Path("data").write_bytes(DATA)
    openssl("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query")
    openssl("ts", "-reply", "-config", "ts.cnf", "-section", "it", "-queryfile", "query", "-out", "reply")
    return pathlib.Path("reply").read_bytes()


def put_in_order(encoded):
    """The same reply, with its certificates as DER has them."""
    read = tsp.TimeStampResp.load(encoded)
    signed = read["time_stamp_token"]["content"]
    signed["certificates"] = sorted(signed["certificates"], key=lambda one: one.dump())
    return read.dump()


def by_openssl(encoded):
    pathlib.Path("reply").write_bytes(encoded)
    said = openssl("ts", "-verify", "-data", "data", "-in", "reply", "-CAfile", "root.pem")
    return next(line for line in said if line.startswith("Verification")).removeprefix("Verification: ")


def by_rfc3161ng(encoded):
    token = decoder.decode(encoded, asn1Spec=rfc3161ng.TimeStampResp())[0].time_stamp_token
    signer = pathlib.Path("signer.pem").read_bytes()
    return rfc3161ng.check_timestamp(token, certificate=signer, data=DATA, hashname="sha256")


def by_rfc3161_client(encoded):
    try:
        read = rfc3161_client.decode_timestamp_response(encoded)
    except ValueError as error:
        return "InvalidSetOrdering" if "InvalidSetOrdering" in str(error) else error
    root = x509.load_pem_x509_certificate(pathlib.Path("root.pem").read_bytes())
    return rfc3161_client.VerifierBuilder().add_root_certificate(root).build().verify_message(read, DATA)


def show(name, encoded):
    found = f"openssl {by_openssl(encoded)}, rfc3161ng {by_rfc3161ng(encoded)}"
    print(f"{name}: {found}, rfc3161-client {by_rfc3161_client(encoded)}")


authority(root="root", signer="signer, with a long name")
stamp = reply()
show("signer's longer", stamp)
show("signer's longer, put in order", put_in_order(stamp))
authority(root="root, with a name that is very much longer than it has to be", signer="signer")
show("signer's shorter", reply())
PYTHON
env/bin/python read.py > seen
cat seen
[ "$(cat seen)" = "signer's longer: openssl OK, rfc3161ng True, rfc3161-client InvalidSetOrdering
signer's longer, put in order: openssl OK, rfc3161ng True, rfc3161-client True
signer's shorter: openssl OK, rfc3161ng True, rfc3161-client True" ]
