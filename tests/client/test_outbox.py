"""What a till cannot send, carried to the server in a file; and a till that is not let go."""

import subprocess
import sys

import pytest

from loyalty_desk.app import main
from loyalty_desk.desk.outbox import check_leave, export_outbox
from sync.programme.refusals import Reason, Refused
from sync.protocol.outbox_file import OutboxHeader, OutboxPart, open_outbox, pack_outbox
from tests.client.central import central
from tests.client.test_lives import purchases
from tests.client.till import a_till, wall
from tests.live_server import ROOT, command


@pytest.fixture
def home(tmp_path):
    with central(tmp_path / "centre") as server:
        yield server


def carried(home, file):
    """Take a file in at the server, as somebody does at its console."""
    asked = [*command("import-outbox", data=home.data), str(file)]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_was_not_sent_arrives_in_a_file_and_counts_once(home, tmp_path):
    with a_till(tmp_path / "till", home) as till:
        member = till.somebody()
        till.credit(member, 7)
        till.ledger.leave_life("forked")
        till.enrol("Yara Ipê", "11987650002")
        file = tmp_path / "outbox.txt"
        with pytest.raises(Refused) as refused:
            check_leave(till.ledger, now=wall())
        assert (refused.value.reason, refused.value.facts) == (Reason.EVENTS_WAIT, {"events": 2})

        assert export_outbox(till.ledger, till.keys.signing_key, file, now=wall()) == 2
        for _ in range(2):
            said = carried(home, file)
            assert (said.returncode, said.stdout.split()[:2]) == (0, ["batches", "1"]), said.stderr
        assert purchases(home, member) == 1
        with pytest.raises(Refused):
            check_leave(till.ledger, now=wall())  # the till has not heard of it

        till.engine.round()
        check_leave(till.ledger, now=wall())
        assert purchases(home, member) == 1
        assert till.members.search("yara ipê").known[0].row.name == "Yara Ipê"


def test_a_changed_file_is_not_believed(home, tmp_path):
    with a_till(tmp_path / "till", home) as till:
        member = till.somebody()
        till.credit(member, 7)
        file = tmp_path / "outbox.txt"
        export_outbox(till.ledger, till.keys.signing_key, file, now=wall())
        file.write_bytes(file.read_bytes().replace(b'"amount":700', b'"amount":900'))

        said = carried(home, file)

        assert (said.returncode, said.stdout.split()[-2:]) == (1, ["refused", "chain_broken"])
        assert purchases(home, member) == 0


def test_a_till_is_removed_only_when_nothing_waits(home, tmp_path, capsys):
    root = tmp_path / "till"
    asked = ["--home", str(root), "--lang", "en"]
    with a_till(root, home) as till:
        member = till.somebody()
        till.credit(member, 7)
        till.close()

        assert main([*asked, "--leave"]) == 4
        assert "1 records of this till have not been sent" in capsys.readouterr().err
        assert till.places.ledger.exists()
        assert main([*asked, "--export-outbox", str(tmp_path / "file")]) == 0
        assert "1 records saved" in capsys.readouterr().out

        till.open()
        till.connect()
        till.engine.round()
        till.close()
        assert main([*asked, "--leave"]) == 0
        assert not till.places.ledger.exists()
        assert not till.places.salvage.exists()
        assert "removed" in capsys.readouterr().out
        till.open()


def test_commands_without_a_window_need_no_qt_application(tmp_path):
    asked = [sys.executable, "-m", "loyalty_desk", "--home", str(tmp_path), "--leave"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stderr


# --- The format ----------------------------------------------------------------------------------

HEADER = OutboxHeader(format="loyalty-desk/outbox/1", terminal=3, made_at=5)


def test_batches_come_out_of_the_file_as_they_went_in():
    batches = ((1, b"header\n{}\n{}"), (2, b"header"))

    assert open_outbox(b"".join(pack_outbox(HEADER, batches))) == (HEADER, batches)
    assert open_outbox(b"".join(pack_outbox(HEADER, ()))) == (HEADER, ())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"format":"another","terminal":1,"made_at":1}\n',
        b"".join(pack_outbox(HEADER, [(1, b"a\nb")]))[:-3],
        b"".join(pack_outbox(HEADER, [(1, b"a\nb")])).replace(b'"lines":2', b'"lines":0'),
    ],
    ids=["empty", "no-header", "another-format", "cut-off", "no-lines"],
)
def test_what_is_no_outbox_file_is_refused(body):
    with pytest.raises(Refused) as refused:
        open_outbox(body)
    assert refused.value.reason is Reason.BATCH_UNREADABLE
    assert OutboxPart(incarnation=1, lines=1).lines == 1
