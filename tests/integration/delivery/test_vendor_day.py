"""A released batch as the vendor lives it, with the vendor's own programs: sftp, gpg, qpdf and poppler's."""

import json
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pact_etl.cli.app import app
from pact_etl.settings import Settings
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.vendor_balance import vendor_balance
from pact_etl.wiring import Collaborators
from tests.gnupg import Gpg
from tests.integration.connectors.openssh import USER, OpenSsh
from tests.integration.delivery.conftest import COUNTY
from tests.integration.steps.conftest import using  # noqa: F401 - a fixture
from tests.integration.steps.letters import DAYS, NIGHT, approved_batch, statuses
from tests.protocol_reader import Batch, acknowledgement, read_batch, report

pytestmark = pytest.mark.integration

PROGRAMS = ("sftp", "sha256sum", "unzip", "qpdf", "pdfinfo", "pdffonts")
CAME, MAILED, BACK = (str(day) for day in DAYS[31:34])


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    return done.stdout


class Vendor:
    """The vendor's desk: a folder of its own, an SSH key, a keyring."""

    def __init__(self, desk: Path, server: OpenSsh, gpg: Gpg) -> None:
        self.desk, self.gpg = desk, gpg
        desk.mkdir()
        server.key.write_private_key(desk / "ssh_key")
        (desk / "ssh_key").chmod(0o600)
        (desk / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")
        self._options = [f"-P{server.port}", "-i", "ssh_key", "-F", "/dev/null"]
        for option in ("UserKnownHostsFile=known_hosts", "StrictHostKeyChecking=yes"):
            self._options += ["-o", option]

    def sftp(self, *lines: str) -> None:
        """Give the server these commands; the first that fails ends it."""
        (self.desk / "commands").write_text("\n".join(("cd /files", *lines, "")))
        where = f"{USER}@127.0.0.1"
        run("sftp", "-q", "-b", "commands", *self._options, where, cwd=self.desk)

    def answer(self, name: str, content: bytes) -> None:
        """Put a file as the protocol asks: under another name, then renamed."""
        (self.desk / "in" / name).write_bytes(content)
        self.sftp(f"put in/{name} in/{name}.part", f"rename in/{name}.part in/{name}")

    def fetch(self) -> Batch:
        """Everything in `out/`, checked and opened."""
        for folder in ("out", "in"):
            (self.desk / folder).mkdir()
        self.sftp("get out/* out/")
        out = self.desk / "out"
        [trigger] = out.glob("*.trg")
        assert run("sha256sum", "-c", trigger.name, cwd=out) == f"{trigger.stem}.zip.pgp: OK\n"
        opened = self.gpg("--decrypt", str(out / f"{trigger.stem}.zip.pgp"))
        assert b"[GNUPG:] GOODSIG" in opened.stderr
        (self.desk / "package.zip").write_bytes(opened.stdout)
        run("unzip", "-q", "package.zip", "-d", "package", cwd=self.desk)
        return read_batch(trigger.stem, opened.stdout)

    def check(self) -> dict[str, list[str]]:
        """Faults by package, as the county's check for vendors finds them."""
        keys = ["--key", str(self.desk / "own.key.asc"), "--county", str(self.desk / "county.asc")]
        done = CliRunner().invoke(app, ["vendor", "check", str(self.desk), *keys, "--json"])
        found: list[dict[str, list[str]]] = json.loads(done.output)
        assert not any(one["notes"] for one in found)
        return {str(one["name"]): one["faults"] for one in found}


@pytest.fixture
def vendor(server: OpenSsh, gpg: Gpg, tmp_path: Path) -> Vendor:
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    return Vendor(tmp_path / "desk", server, gpg)


@pytest.fixture
def county(
    using: Collaborators,  # noqa: F811
    server: OpenSsh,
    vendor: Vendor,
    throwaway_keys: Path,
    tmp_path: Path,
) -> Collaborators:
    """A county that seals for the vendor's own key and hands over on its own SFTP server."""
    keys = Path(shutil.copytree(throwaway_keys, tmp_path / "keys"))
    own = vendor.gpg.make_key("rsa3072", "rsa3072", keys / "vendor.cert.asc")
    secret = vendor.gpg("--armor", "--export-secret-keys", own).stdout
    (vendor.desk / "own.key.asc").write_bytes(secret)
    shutil.copy(keys / "county.cert.asc", vendor.desk / "county.asc")
    vendor.gpg("--import", str(vendor.desk / "county.asc"))
    settings = Settings(
        var=using.settings.var,
        config=using.settings.config,
        vendor_keys_folder=keys,
        vendor_url=str(server.root / "files"),
    )
    return replace(using, settings=settings)


def check_print_file(package: Path, batch: Batch) -> None:
    """The PDF as a printer's own programs see it."""
    run("qpdf", "--check", "letters.pdf", cwd=package)
    lines = run("pdfinfo", "letters.pdf", cwd=package).splitlines()
    info = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    assert info["Tagged"] == "yes"
    assert info["Pages"] == str(batch.total("pages"))
    assert info["Page size"] == "612 x 792 pts (letter)"
    header, rule, *fonts = run("pdffonts", "letters.pdf", cwd=package).splitlines()
    assert fonts
    at = header.index("emb")
    assert len(rule) > at
    assert {tuple(line[at:].split()[:2]) for line in fonts} == {("yes", "yes")}, fonts


def test_a_batch_goes_out_is_printed_and_every_answer_comes_home(
    county: Collaborators, vendor: Vendor, server: OpenSsh
) -> None:
    release_batch(county, approved_batch(county, ["01", "02", "03"]))

    batch = vendor.fetch()
    check_print_file(vendor.desk / "package", batch)
    first, second, third = batch.ids()
    vendor.answer(f"{batch.name}.ack", acknowledgement(batch, CAME, {third: "too_heavy"}))
    mailed = [(first, MAILED), (second, MAILED)]
    vendor.answer(f"{batch.name}.mailed.csv", report("4.2", mailed))
    back = [(first, BACK, "vacant"), (second, BACK, "")]
    vendor.answer(f"{batch.name}.returned.csv", report("4.3", back[:1]))
    assert set(vendor.check()) == {batch.name, "desk"}
    assert not any(vendor.check().values())

    told = reconcile_vendor(county, DAYS[34])

    assert {name: told.counts[name] for name in ("acknowledged", "mailed", "returned")} == {
        "acknowledged": 1,
        "mailed": 1,
        "returned": 1,
    }
    assert told.reasons == {}
    assert told.counts["balance_broken"] == told.counts["sequence_gaps"] == 0
    assert statuses(county) == {"returned": 1, "mailed": 1, "failed": 1}
    days = vendor_balance(county, NIGHT)["days"]
    assert isinstance(days, dict)
    [places] = days.values()
    assert {place: sorted(letters) for place, letters in places.items() if letters} == {
        "approved": [first, second, third],
        "packaged": [first, second, third],
        "refused": [third],
        "acknowledged": [first, second],
        "mailed": [first, second],
        "returned": [first],
        "in_transit": [second],
    }

    # The report grows under its name, and a return whose stamp nobody can read is taken too.
    vendor.answer(f"{batch.name}.returned.csv", report("4.3", back))
    assert not any(vendor.check().values())
    assert reconcile_vendor(county, DAYS[35]).counts["returned"] == 1
    assert statuses(county) == {"returned": 2, "failed": 1}
    answer = (server.root / "files" / "in" / f"{batch.name}.ack").stat()
    assert (stat.S_IMODE(answer.st_mode), answer.st_gid) == (0o640, COUNTY)
