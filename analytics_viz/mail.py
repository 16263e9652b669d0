"""The reports by e-mail: one message with the key figures, the findings and the pages.

Off unless ``ENABLE_EMAIL_REPORTS`` is set; the variables stand in ``.env.example``. The connection
is encrypted unless ``SMTP_TLS=none``, and a password goes over no other. No password appears in
a message or in a log.
"""

from __future__ import annotations

import datetime as dt
import io
import smtplib
import socket
import ssl
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path
from typing import Literal

from analytics_viz import formats, page
from warehouse.config import port_number, variables
from warehouse.errors import WarehouseError

Tls = Literal["starttls", "implicit", "none"]
PORTS: dict[Tls, int] = {"starttls": 587, "implicit": 465, "none": 25}
SWITCH = {"true": True, "yes": True, "on": True, "1": True,
          "false": False, "no": False, "off": False, "0": False}  # fmt: skip
LOCAL = {"localhost", "127.0.0.1", "::1"}
TIMEOUT_SECONDS = 30
DEFAULT_MAX_MB = 20  # many servers take 25


@dataclass(frozen=True)
class MailSettings:
    """The server that takes the message, and who gets it.

    Attributes:
        max_mb: the size above which the reports are named or linked instead of attached.
        base_url: where people find the folder of the reports; empty if nowhere.
    """

    host: str
    port: int
    tls: Tls
    user: str
    password: str = field(repr=False)
    sender: str
    recipients: Sequence[str]
    max_mb: float = DEFAULT_MAX_MB
    base_url: str = ""

    @property
    def server(self) -> str:
        """For messages."""
        return f"The mail server {self.host}:{self.port}"


def load(found: Mapping[str, str] | None = None) -> MailSettings | None:
    """The settings of the environment and ``.env``; None if e-mail is switched off.

    Raises:
        WarehouseError: it is switched on, and something is missing or unusable.
    """
    found = variables() if found is None else found
    switch = found.get("ENABLE_EMAIL_REPORTS", "false").strip().lower()
    if switch not in SWITCH:
        raise WarehouseError(f"ENABLE_EMAIL_REPORTS={switch!r} is neither true nor false.")
    if not SWITCH[switch]:
        return None
    recipients = _addresses(found.get("EMAIL_RECIPIENTS", ""), "EMAIL_RECIPIENTS")
    if not recipients:
        raise WarehouseError(
            "ENABLE_EMAIL_REPORTS is true and nobody is named: set EMAIL_RECIPIENTS to addresses"
            " separated by commas."
        )
    host = found.get("SMTP_HOST", "")
    if not host:
        raise WarehouseError("ENABLE_EMAIL_REPORTS is true: set SMTP_HOST to your mail server.")
    tls = _tls(found.get("SMTP_TLS", "starttls"))
    user = found.get("SMTP_USER", "")
    if user and tls == "none" and host not in LOCAL:
        raise WarehouseError(
            f"SMTP_TLS=none would send the password of {user} in clear to {host}: set it to"
            " starttls or implicit, or leave out SMTP_USER."
        )
    senders = _addresses(found.get("EMAIL_FROM") or ("@" in user and user) or "", "EMAIL_FROM")
    if len(senders) != 1:
        raise WarehouseError("The message needs a sender: set EMAIL_FROM to one address.")
    return MailSettings(
        host=host,
        port=port_number(found.get("SMTP_PORT", str(PORTS[tls])), "SMTP_PORT"),
        tls=tls,
        user=user,
        password=found.get("SMTP_PASSWORD", ""),
        sender=senders[0],
        recipients=recipients,
        max_mb=_megabytes(found.get("EMAIL_MAX_MB", str(DEFAULT_MAX_MB))),
        base_url=found.get("REPORT_BASE_URL", "").rstrip("/"),
    )


def compose(
    settings: MailSettings,
    contents: Mapping[Path, page.Content],
    index: Path,
    failed: Mapping[str, str],
) -> EmailMessage:
    """The message: a table of key figures and the findings, the pages attached if they fit.

    Args:
        contents: what each written file says, in the order of the reports; at least one.
        index: the page that lists them.
        failed: the reports that could not be built, with the reason.
    """
    as_of = next(iter(contents.values())).header.as_of
    packed = _zipped([*contents, index])
    # an attachment travels as text, four characters for three bytes
    fits = len(packed) * 4 / 3 <= settings.max_mb * 1e6
    attached = f"reports_{as_of.isoformat()}.zip" if fits else ""
    text, html = page.render_mail(contents, index, failed, attached, settings.base_url)
    lost = f", {len(failed)} not built" if failed else ""
    message = _addressed(settings, f"Reports: data as of {formats.day(as_of)}{lost}")
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    if attached:
        message.add_attachment(packed, maintype="application", subtype="zip", filename=attached)
    return message


def compose_alert(settings: MailSettings, subject: str, text: str) -> EmailMessage:
    """A short message that something failed."""
    message = _addressed(settings, subject)
    message.set_content(text)
    return message


def _addressed(settings: MailSettings, subject: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.recipients)
    message["Date"] = format_datetime(dt.datetime.now(dt.UTC))
    message["Message-ID"] = make_msgid(domain=Address(addr_spec=settings.sender).domain)
    return message


def send(message: EmailMessage, settings: MailSettings) -> None:
    """Hand the message to the server.

    Raises:
        WarehouseError: the server cannot be reached, trusted or logged in to, or refuses.
    """
    with _explained(settings):
        server: smtplib.SMTP
        context = ssl.create_default_context()
        if settings.tls == "implicit":
            server = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS)
        with server:
            if settings.tls == "starttls":
                server.starttls(context=context)
            if settings.user:
                server.login(settings.user, settings.password)
            refused = server.send_message(message)
    if refused:
        raise WarehouseError(
            f"{settings.server} does not deliver to {formats.listing(sorted(refused))}: correct"
            " EMAIL_RECIPIENTS; the others got the message."
        )


@contextmanager
def _explained(settings: MailSettings) -> Iterator[None]:
    who = settings.server
    try:
        yield
    except socket.gaierror as error:
        raise WarehouseError(
            f"There is no mail server {settings.host}: correct SMTP_HOST."
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        raise WarehouseError(
            f"{who} refuses the log-in of {settings.user}: correct SMTP_USER and SMTP_PASSWORD."
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise WarehouseError(
            f"{who} does not offer what is asked of it ({_words(error, settings)}): correct"
            " SMTP_TLS (starttls, implicit or none), or leave out SMTP_USER if there is no log-in."
        ) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise WarehouseError(
            f"{who} delivers to none of the recipients: correct EMAIL_RECIPIENTS."
        ) from error
    except smtplib.SMTPResponseException as error:
        said = f"{error.smtp_code} {_words(error.smtp_error, settings)}"
        raise WarehouseError(
            f"{who} refuses the message ({said}): correct EMAIL_FROM, or lower EMAIL_MAX_MB if the"
            " message is too large."
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise WarehouseError(
            f"{who} shows a certificate that this machine does not trust ({error.verify_message}):"
            " correct SMTP_HOST, or name the certificate of its issuer in SSL_CERT_FILE."
        ) from error
    except (smtplib.SMTPException, ssl.SSLError) as error:
        raise WarehouseError(
            f"{who} does not speak as SMTP_TLS={settings.tls} expects ({_words(error, settings)}):"
            " correct SMTP_PORT and SMTP_TLS."
        ) from error
    except OSError as error:
        raise WarehouseError(
            f"{who} cannot be reached ({_words(error.strerror or error, settings)}): correct"
            " SMTP_HOST and SMTP_PORT."
        ) from error


def _words(said: object, settings: MailSettings) -> str:
    """What a server or library said, on one line and without the password."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    text = " ".join(text.split())[:200].rstrip(".")
    return text.replace(settings.password, "…") if settings.password else text


def _addresses(text: str, variable: str) -> list[str]:
    """Bare addresses out of ``a@b.c, Name <d@e.f>``."""
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        address = parseaddr(part)[1]
        try:
            complete = part.isprintable() and bool(Address(addr_spec=address).domain)
        except (ValueError, IndexError):  # the standard library's parser trips over some strings
            complete = False
        if not complete:
            raise WarehouseError(f"{variable}: {part!r} is no e-mail address.")
        found.append(address)
    return found


def _tls(text: str) -> Tls:
    for known in PORTS:
        if text.strip().lower() == known:
            return known
    raise WarehouseError(f"SMTP_TLS={text!r} is none of starttls, implicit and none.")


def _megabytes(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found <= 1000:
        raise WarehouseError(f"EMAIL_MAX_MB={text!r} is no number of megabytes from 0 to 1000.")
    return found


def _zipped(paths: Sequence[Path]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in paths:
            archive.write(path, path.name)
    return packed.getvalue()
