"""Whom to believe who they are."""

import ssl
from pathlib import Path

import pytest

from bridge import ConnectionLost, trust
from tests.adapters.trouble import certificate


@pytest.mark.parametrize("alone", [False, True])
def test_the_owners_authority_counts_beside_the_systems_or_alone(tmp_path, alone):
    own, _ = certificate(tmp_path)
    known, system = (context.cert_store_stats()["x509"] for context in (trust(own, alone=alone), trust()))
    assert known == (1 if alone else system + 1)
    assert trust(own, alone=alone).verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(("text", "why"), [(None, "No such file"), ("words", "no certificate in PEM")])
def test_what_is_wrong_with_it_is_told(tmp_path, text, why, alone):
    path: Path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConnectionLost, match=why):
        trust(path, alone=alone)
