"""Ask our pages in Airflow's own web server as strangers, viewers and operators do, and write what each got."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"])

from airflow.api_fastapi.app import create_app
from airflow.utils.db import initdb
from fastapi.testclient import TestClient

PROOF = b"%PDF-1.7 a proof"
proofs = Path(os.environ["PACT_VAR"]) / "proofs"
proofs.mkdir(parents=True)
(proofs / "batch-7.pdf").write_bytes(PROOF)
(proofs.parent / "secret.pdf").write_bytes(PROOF)
passwords = json.loads(
    Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]).read_text()
)
initdb()
client = TestClient(create_app(apps="core"), follow_redirects=False)


def token(user):
    said = client.post("/auth/token", json={"username": user, "password": passwords[user]})
    return said.json()["access_token"]


def got(path, user=None, accept="*/*", cookie=None):
    headers = {"accept": accept} | ({"authorization": f"Bearer {token(user)}"} if user else {})
    client.cookies.clear()
    if cookie:
        client.cookies.set("_token", token(cookie))
    said = client.get(path, headers=headers)
    return {
        "status": said.status_code,
        "to": said.headers.get("location"),
        "headers": dict(said.headers),
        "is_proof": said.content == PROOF,
    }


TRICKS = [
    "/pact/proofs/../secret.pdf",
    "/pact/proofs/..%2Fsecret.pdf",
    "/pact/proofs/%2e%2e/secret.pdf",
    "/pact/proofs/7/../../secret.pdf",
    "/pact/proofs/batch-7.pdf",
    "/pact/proofs/-7.pdf",
    "/pact/proofs/7.pdf%00.html",
    "/pact/proofs/7%2F..%2F7.pdf",
    "/pact/proofs//secret.pdf",
    "/pact/proofs/7",
    "/pact/proofs/",
    "/pact/proofs/8.pdf",
    "/pact/proofs/" + "9" * 400 + ".pdf",
    "/pact/proofs/" + "9" * 5000 + ".pdf",
    "/pact/proofs/\u0667.pdf",
]
PAGE = "/pact/proofs/7.pdf"
answer = {
    "stranger": got(PAGE),
    "stranger in a browser": got(PAGE, accept="text/html,application/pdf"),
    "stranger at the runbook": got("/pact/runbook"),
    "viewer": got(PAGE, "viewer"),
    "viewer at the runbook": got("/pact/runbook", "viewer"),
    "operator": got(PAGE, "operator"),
    "operator by cookie": got(PAGE, accept="text/html", cookie="operator"),
    "tricks": {path: got(path, "operator") for path in TRICKS},
    "strangers' tricks": {path: got(path) for path in TRICKS},
}
sys.stdout.write("\n" + json.dumps(answer))
