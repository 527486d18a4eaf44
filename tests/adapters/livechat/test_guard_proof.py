"""Work for a browser, and what becomes of it."""

import hashlib
import itertools
import subprocess

from adapters.livechat.guard.proof import Proofs
from bridge.testing import HandClock

ANN, BOB = "a" * 32, "b" * 32


def worked(task: dict[str, object]) -> dict[str, object]:
    for number in itertools.count():
        digest = hashlib.sha256(f"{task['seed']}:{number}".encode()).hexdigest()
        if f"{int(digest, 16):0256b}".startswith("0" * task["bits"]):
            return {"seed": task["seed"], "answer": str(number)}
    raise AssertionError


def test_a_task_is_good_once():
    proofs = Proofs(8)
    proof = worked(proofs.set(ANN))
    told = subprocess.run(
        ["openssl", "dgst", "-sha256"],
        input=f"{proof['seed']}:{proof['answer']}".encode(),
        capture_output=True,
        check=True,
    )
    assert told.stdout.rpartition(b" ")[2].startswith(b"00")
    assert proofs.spend(ANN, proof)
    assert not proofs.spend(ANN, proof)
    assert proofs.spend(ANN, worked(proofs.set(ANN)))


def test_a_task_is_for_one_address():
    proofs = Proofs(4)
    assert not proofs.spend(BOB, worked(proofs.set(ANN)))


def test_a_task_is_good_for_an_hour():
    clock = HandClock()
    proofs = Proofs(4, clock)
    proof, other = worked(proofs.set(ANN)), worked(proofs.set(ANN))
    clock.move(3590)
    assert proofs.spend(ANN, proof)
    clock.move(20)
    assert not proofs.spend(ANN, other)
    assert not proofs.spend(ANN, proof)


def test_a_task_of_another_run_is_none():
    assert not Proofs(4).spend(ANN, worked(Proofs(4).set(ANN)))


def test_what_was_not_worked_for_is_refused():
    proofs = Proofs(20)
    seed = proofs.set(ANN)["seed"]
    easy = worked({"seed": seed, "bits": 4})
    tasks = [
        {},
        {"seed": seed},
        {"seed": seed, "answer": 5},
        {"seed": 5, "answer": "5"},
        {"seed": "", "answer": "5"},
        {"seed": "x.y.\ud800é", "answer": "5"},
        {"seed": seed, "answer": "9" * 200},
    ]
    assert not any(proofs.spend(ANN, task) for task in [*tasks, easy])
