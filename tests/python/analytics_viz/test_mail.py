"""Reports by e-mail, handed to a real SMTP server: encrypted, with log-in, and the ways to fail."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import smtplib
import socket
import ssl
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from analytics_viz import mail, page, run_all_viz
from analytics_viz.mail import MailSettings
from analytics_viz.report import Written
from tests.python.analytics_viz.test_page import header, readings, sections
from warehouse.errors import WarehouseError

USER, PASSWORD = "reports@bank.example", "s3cret & long"
SWITCHED_ON = {
    "ENABLE_EMAIL_REPORTS": "true",
    "EMAIL_RECIPIENTS": "Ann <ann@bank.example>, bob@bank.example",
    "SMTP_HOST": "localhost",
    "SMTP_USER": USER,
    "SMTP_PASSWORD": PASSWORD,
}


class Mailbox:
    """Keeps what arrives; one address and one sender are not welcome."""

    def __init__(self) -> None:
        self.arrived: list[tuple[Envelope, bool]] = []

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such sender, s3cret & long is not said"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("gone"):
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.arrived.append((envelope, session.ssl is not None))
        return "250 OK"

    def message(self) -> EmailMessage:
        """The only one that arrived."""
        ((envelope, _),) = self.arrived
        found = message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[arg-type]
        assert isinstance(found, EmailMessage)
        return found


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of localhost that nobody has signed, and its key."""
    assert shutil.which("openssl"), "this test needs the openssl program"
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


Serve = Callable[..., tuple[Mailbox, int]]


@pytest.fixture()
def serve(certificate: tuple[Path, Path]) -> Iterator[Serve]:
    """Starts a server: with or without encryption, with or without log-in."""
    running: list[Controller] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    def check(
        server: SMTP, session: Session, envelope: Envelope, how: str, data: object
    ) -> AuthResult:
        given = isinstance(data, LoginPassword) and (data.login, data.password)
        known = given == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)  # the server itself is to answer

    def started(tls: str = "starttls", **options: object) -> tuple[Mailbox, int]:
        box = Mailbox()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        auth = {"authenticator": check, "auth_required": True, "auth_require_tls": True}
        controller = Controller(
            box, hostname="localhost", port=port,
            ssl_context=context if tls == "implicit" else None,
            **({"tls_context": context, **auth} if tls == "starttls" else {}), **options,
        )  # fmt: skip
        controller.start()
        running.append(controller)
        return box, port

    yield started
    for controller in running:
        controller.stop()


@pytest.fixture()
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the server's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))


def settings(**changed: str) -> MailSettings:
    found = mail.load(SWITCHED_ON | changed)
    assert found is not None
    return found


@pytest.fixture()
def written(tmp_path: Path) -> Written:
    """A report in its file, with an index beside it."""
    content = page.Content(header(), readings(), sections())
    path = tmp_path / f"{header().name}.html"
    path.write_text(page.render_report(content.header, content.readings, content.sections))
    (tmp_path / "index.html").write_text("<p>index")
    return Written(path, content)


def compose(written: Written, found: MailSettings, **failed: str) -> EmailMessage:
    index = written.path.with_name("index.html")
    return mail.compose(found, {written.path: written.content}, index, failed)


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\u00a0", " ")


# ---------------------------------------------------------------- what is in it


def test_brings_key_figures_findings_and_pages(
    serve: Serve, trusted: None, written: Written
) -> None:
    box, port = serve("starttls")
    found = settings(SMTP_PORT=str(port))
    mail.send(compose(written, found, missing="Relation x does not exist."), found)
    ((envelope, was_encrypted),) = box.arrived
    assert was_encrypted and envelope.mail_from == USER
    assert envelope.rcpt_tos == ["ann@bank.example", "bob@bank.example"]
    message = box.message()
    assert message["Subject"] == "Reports: data as of 20 Nov 2026, 1 not built"
    assert message["From"] == USER and message["Date"] and message["Message-ID"]
    for kind in ("plain", "html"):
        text = part(message, kind)
        for said in ("Spending", "$112", "+0.9", "missing was not built", "20 Nov 2026",
                     "reports_2026-11-20.zip", "Descriptive"):  # fmt: skip
            assert said in text, (kind, said)
        for section in written.content.sections:
            title = str(section.figure.layout.title.text).split("'")[0].replace("\u00a0", " ")
            assert title.split("&")[0].split("<")[0] in text, (kind, title)
    assert "<script" not in part(message, "html") and "http" not in part(message, "html")
    (attached,) = message.iter_attachments()
    with zipfile.ZipFile(io.BytesIO(attached.get_content())) as archive:
        assert sorted(archive.namelist()) == ["01_descriptive_analytics.html", "index.html"]
        assert archive.read(written.path.name) == written.path.read_bytes()


@pytest.mark.parametrize(("base", "place"), [
    ("https://reports.bank.example/daily/", "https://reports.bank.example/daily/index.html"),
    ("", "index.html"),
])  # fmt: skip
def test_too_large_pages_are_named(written: Written, base: str, place: str) -> None:
    found = settings(EMAIL_MAX_MB="0.5", REPORT_BASE_URL=base)
    message = compose(written, found)
    assert not list(message.iter_attachments())
    assert len(message.as_bytes()) < 0.5e6
    for kind in ("plain", "html"):
        assert "too large to attach" in part(message, kind) and place in part(message, kind)
    link = "https://reports.bank.example/daily/01_descriptive_analytics.html"
    assert (f'href="{link}"' in part(message, "html")) == bool(base)


def test_size_limit_counts_the_message_as_it_travels(written: Written) -> None:
    size = len(compose(written, settings(EMAIL_MAX_MB="100")).as_bytes()) / 1e6
    assert list(compose(written, settings(EMAIL_MAX_MB=f"{size:.2f}")).iter_attachments())
    assert not list(compose(written, settings(EMAIL_MAX_MB=f"{size - 0.1:.2f}")).iter_attachments())


def test_names_from_the_data_cannot_break_out(written: Written) -> None:
    evil = "</td><img src=x>"
    message = compose(written, settings(), report=evil)
    assert evil not in part(message, "html") and evil in part(message, "plain")


# ---------------------------------------------------------------- the server


def test_implicit_tls_without_log_in(serve: Serve, trusted: None, written: Written) -> None:
    box, port = serve("implicit")
    found = settings(SMTP_PORT=str(port), SMTP_TLS="implicit", SMTP_USER="", EMAIL_FROM=USER)
    mail.send(compose(written, found), found)
    assert box.message()["To"] == "ann@bank.example, bob@bank.example"


def test_without_encryption_and_log_in(serve: Serve, written: Written) -> None:
    box, port = serve("none")
    found = settings(SMTP_PORT=str(port), SMTP_TLS="none", SMTP_USER="", EMAIL_FROM=USER)
    mail.send(compose(written, found), found)
    assert box.arrived


def refused(written: Written, **changed: str) -> str:
    """The sentence that ends the sending; it never holds the password."""
    found = settings(**changed)
    with pytest.raises(WarehouseError) as caught:
        mail.send(compose(written, found), found)
    text = str(caught.value)
    assert PASSWORD not in text and changed.get("SMTP_PASSWORD", PASSWORD) not in text
    assert "\n" not in text and text.endswith(".")
    return text


def test_wrong_password(serve: Serve, trusted: None, written: Written) -> None:
    box, port = serve("starttls")
    text = refused(written, SMTP_PORT=str(port), SMTP_PASSWORD="wrong")
    assert "refuses the log-in of reports@bank.example" in text and "SMTP_PASSWORD" in text
    assert not box.arrived


def test_untrusted_certificate(serve: Serve, written: Written) -> None:
    _, port = serve("starttls")
    text = refused(written, SMTP_PORT=str(port))
    assert "certificate" in text and "SSL_CERT_FILE" in text


@pytest.mark.parametrize(("offered", "asked"), [("none", "starttls"), ("none", "implicit")])
def test_other_encryption_than_the_server_has(
    serve: Serve, trusted: None, written: Written, offered: str, asked: str
) -> None:
    _, port = serve(offered)
    assert "SMTP_TLS" in refused(written, SMTP_PORT=str(port), SMTP_TLS=asked)


def test_log_in_that_the_server_does_not_have(
    serve: Serve, trusted: None, written: Written
) -> None:
    _, port = serve("implicit")
    assert "SMTP_USER" in refused(written, SMTP_PORT=str(port), SMTP_TLS="implicit")


def test_plain_words_to_a_server_that_expects_encryption(
    serve: Serve, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 2)
    _, port = serve("implicit")
    text = refused(written, SMTP_PORT=str(port), SMTP_TLS="none")
    assert "SMTP_PORT" in text


def test_nobody_listens(written: Written) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert f"localhost:{port} cannot be reached" in refused(written, SMTP_PORT=str(port))


def test_no_such_host(written: Written) -> None:
    text = refused(written, SMTP_HOST="no-such-host.invalid")
    assert "no mail server no-such-host.invalid" in text and "SMTP_HOST" in text


def test_sender_and_recipients_that_are_refused(serve: Serve, written: Written) -> None:
    box, port = serve("none")
    plain = {"SMTP_PORT": str(port), "SMTP_TLS": "none", "SMTP_USER": ""}
    sender = refused(written, **plain, EMAIL_FROM="nobody@bank.example")
    assert "550 no such sender" in sender and "EMAIL_FROM" in sender
    none = refused(written, **plain, EMAIL_FROM=USER, EMAIL_RECIPIENTS="gone@bank.example")
    assert "none of the recipients" in none
    assert not box.arrived
    one = refused(
        written, **plain, EMAIL_FROM=USER, EMAIL_RECIPIENTS="gone@b.example,ann@b.example"
    )
    assert "gone@b.example" in one and "the others got the message" in one
    assert box.arrived[0][0].rcpt_tos == ["ann@b.example"]


def test_message_too_large_for_the_server(serve: Serve, written: Written) -> None:
    _, port = serve("none", data_size_limit=100_000)
    text = refused(
        written, SMTP_PORT=str(port), SMTP_TLS="none", SMTP_USER="", EMAIL_FROM=USER
    )  # fmt: skip
    assert "EMAIL_MAX_MB" in text


def test_lost_on_the_way(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object, **__: object) -> None:
        raise smtplib.SMTPServerDisconnected(f"Connection unexpectedly closed {PASSWORD}")

    monkeypatch.setattr(smtplib, "SMTP", closed)
    assert "does not speak as" in refused(written)


# ---------------------------------------------------------------- the settings


@pytest.mark.parametrize("switch", ["", "false", "No", "0", "off"])
def test_is_off_unless_switched_on(switch: str) -> None:
    assert mail.load({"ENABLE_EMAIL_REPORTS": switch} if switch else {}) is None


@pytest.mark.parametrize(("changed", "words"), [
    ({"ENABLE_EMAIL_REPORTS": "maybe"}, "neither true nor false"),
    ({"EMAIL_RECIPIENTS": ""}, "set EMAIL_RECIPIENTS"),
    ({"EMAIL_RECIPIENTS": " , "}, "set EMAIL_RECIPIENTS"),
    ({"EMAIL_RECIPIENTS": "ann@bank.example, bob"}, "'bob' is no e-mail address"),
    ({"EMAIL_RECIPIENTS": "a@b.c\nBcc: x@y.z"}, "is no e-mail address"),
    ({"SMTP_HOST": ""}, "set SMTP_HOST"),
    ({"SMTP_PORT": "mail"}, "SMTP_PORT='mail' is not a port"),
    ({"SMTP_TLS": "yes"}, "none of starttls, implicit and none"),
    ({"SMTP_USER": "reports"}, "set EMAIL_FROM"),
    ({"EMAIL_FROM": "a@b.c, d@e.f"}, "set EMAIL_FROM to one address"),
    ({"SMTP_TLS": "none", "SMTP_HOST": "mail.bank.example"}, "in clear to mail.bank.example"),
    ({"EMAIL_MAX_MB": "ten"}, "EMAIL_MAX_MB='ten'"),
    ({"EMAIL_MAX_MB": "-1"}, "EMAIL_MAX_MB='-1'"),
    ({"EMAIL_MAX_MB": "nan"}, "EMAIL_MAX_MB='nan'"),
])  # fmt: skip
def test_unusable_settings(changed: dict[str, str], words: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        settings(**changed)
    assert words in str(caught.value) and PASSWORD not in str(caught.value)


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("implicit", 465), ("none", 25)])
def test_usual_ports(tls: str, port: int) -> None:
    assert settings(SMTP_TLS=tls).port == port


def test_password_is_not_shown() -> None:
    assert PASSWORD not in repr(settings()) + str(settings())


# ---------------------------------------------------------------- the command


@pytest.fixture()
def command(
    written: Written, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., int]:
    """`run_all_viz.py` with reports that are there already."""

    def run(*arguments: str, **variables: str) -> int:
        for name, value in {"WAREHOUSE_ENV_FILE": str(tmp_path / ".env"), **variables}.items():
            monkeypatch.setenv(name, value)
        return run_all_viz.main(["--output-dir", str(tmp_path), *arguments])

    class Nothing:
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(run_all_viz, "open_warehouse", Nothing)
    monkeypatch.setattr(run_all_viz, "write_each", lambda *_, **__: ([written], {}))
    return run


def test_command_sends_one_message(
    command: Callable[..., int], serve: Serve, trusted: None, capsys: pytest.CaptureFixture[str]
) -> None:
    box, port = serve("starttls")
    variables = SWITCHED_ON | {"SMTP_PORT": str(port)}
    assert command("--no-email", **variables) == 0 and not box.arrived
    assert command(**variables) == 0 and len(box.arrived) == 1
    said = capsys.readouterr()
    assert "sent to ann@bank.example, bob@bank.example" in said.out
    assert PASSWORD not in said.out + said.err


def test_command_keeps_the_reports_if_the_message_fails(
    command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(**(SWITCHED_ON | {"SMTP_HOST": "no-such-host.invalid"})) == 1
    said = capsys.readouterr()
    assert "01_descriptive_analytics.html" in said.out
    assert said.err.startswith("error: There is no mail server")
    assert "Descriptive" in (tmp_path / "index.html").read_text()


def test_command_sends_nothing_by_default(
    command: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENABLE_EMAIL_REPORTS", raising=False)
    monkeypatch.setattr(mail, "send", lambda *_: pytest.fail("sent"))
    assert command() == 0


def test_date_of_the_message_is_now(written: Written) -> None:
    stamp = compose(written, settings())["Date"].datetime
    assert abs((dt.datetime.now(dt.UTC) - stamp).total_seconds()) < 60
