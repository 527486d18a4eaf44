"""What is said of more than one bridge's configuration."""

__all__ = ["ALWAYS_VERIFIED", "NEW_ACCOUNT", "NOT_ENCRYPTED"]

NOT_ENCRYPTED = (
    "the connection is not encrypted, as before: most networks have TLS, so try it and take tls: false out"
)
ALWAYS_VERIFIED = (
    "certificates are always verified: for a server that has one of its own, name it with ca_file"
)
NEW_ACCOUNT = (
    "the other bridge was an application service: make an account for Hubbub on the homeserver and invite it"
    " into the rooms; `hubbub generate-registration` lets people be there as themselves (docs/matrix.md)"
)
