"""Before the services start: the users' passwords, and Airflow's tables. Safe to repeat."""

import json
import subprocess
import sys

from pact_etl.installation.airflow import USERS, password
from pact_etl.settings import Settings

if __name__ == "__main__":
    var = Settings().var
    passwords = {user: password(var, user) for user in USERS}
    path = var / "passwords.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(passwords), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True)
    sys.stdout.write(f"Sign in as operator; the password is in {var}/secrets/airflow-operator\n")
