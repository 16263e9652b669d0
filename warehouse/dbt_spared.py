"""What dbt does for nobody, left out: a quarter of the processor time of a day
of the default data.

What dbt makes, prints and logs stays what it is; each function says what is spared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from warehouse.config import PROJECT_ROOT

TEMPLATES = PROJECT_ROOT / "target" / "templates"


@cache
def spare() -> None:
    """Put the shorter ways in the place of dbt's own, in this process."""
    _leave_sql_flat()
    _leave_unheard_unsaid()
    _keep_connections()
    _know_the_project_by_any_port()
    _keep_type_testers()
    _write_the_manifest_once()
    _keep_compiled_templates()
    _lay_out_macros_at_once()


@dataclass(frozen=True)
class Listener:
    """A callback of dbt's for messages of one name; all others it need not build."""

    name: str
    hear: Callable[[Any], object]

    def __call__(self, message: Any) -> None:
        """Pass it on if it is one of these."""
        if message.info.name == self.name:
            self.hear(message)


def _leave_unheard_unsaid() -> None:
    """Spare dbt messages of the level debug where they are neither printed nor logged."""
    from dbt.tracking import track_behavior_change_warn  # noqa: PLC0415 - only with dbt
    from dbt_common.events.base_types import BaseEvent, EventLevel  # noqa: PLC0415
    from dbt_common.events.event_manager import EventManager  # noqa: PLC0415

    say = EventManager.fire_event

    def fire_event(
        manager: EventManager, e: Any, level: EventLevel | None = None, *rest: Any, **options: Any
    ) -> None:
        is_heard = any(
            logger.level in (EventLevel.DEBUG, EventLevel.TEST) for logger in manager.loggers
        ) or any(
            one.name == type(e).__name__ if isinstance(one, Listener)
            else one is not track_behavior_change_warn  # dbt's own, there always, for a warning
            for one in manager.callbacks
        )  # fmt: skip
        if is_heard or (level or e.level_tag()) != EventLevel.DEBUG:
            say(manager, e, level, *rest, **options)

    EventManager.fire_event = fire_event  # type: ignore[assignment, method-assign]

    write_down, read, change = BaseEvent.__init__, BaseEvent.__getattr__, BaseEvent.__setattr__

    def note(event: BaseEvent, *given: Any, **named: Any) -> None:
        object.__setattr__(event, "_given", (given, named))

    def written_down(event: BaseEvent) -> BaseEvent:
        if "pb_msg" not in vars(event):
            given, named = vars(event)["_given"]
            write_down(event, *given, **named)
        return event

    def read_written(event: BaseEvent, key: str) -> Any:
        return read(written_down(event), key)  # type: ignore[no-untyped-call]

    def change_written(event: BaseEvent, key: str, value: Any) -> None:
        change(event if key == "pb_msg" else written_down(event), key, value)  # type: ignore[no-untyped-call]

    # a message is written down when somebody looks at it
    BaseEvent.__init__ = note  # type: ignore[assignment, method-assign]
    BaseEvent.__getattr__ = read_written  # type: ignore[method-assign]
    BaseEvent.__setattr__ = change_written  # type: ignore[method-assign]


def _leave_sql_flat() -> None:
    """Spare dbt what it does not read of its parser's work.

    To put the rows of a unit test before a model's SQL, dbt parses that SQL for its first ``with``,
    one of the outermost tokens. sqlparse also groups all tokens into a tree: a sixth of the
    processor time of the unit tests.
    """
    from sqlparse.engine import grouping  # noqa: PLC0415 - only with dbt, which needs a second

    grouping.group = lambda statement: statement


def _keep_connections() -> None:
    """Let each thread of dbt keep its connection, where dbt opens a new one for each node.

    A new session knows nothing of the catalogue yet, so a quarter of what the server did in a day
    of the default data was to read it again for each of 260 nodes. What a node leaves behind ends
    with it as before: its transaction and its temporary tables.
    """
    import psycopg2  # noqa: PLC0415 - only with dbt
    from dbt.adapters.contracts.connection import ConnectionState  # noqa: PLC0415
    from dbt.adapters.postgres.connections import PostgresConnectionManager  # noqa: PLC0415

    close = PostgresConnectionManager.release

    def release(manager: PostgresConnectionManager) -> None:
        connection = manager.get_if_exists()
        if connection is None or connection.state != ConnectionState.OPEN:
            close(manager)
            return
        try:
            connection.handle.rollback()
            connection.transaction_open = False
            with connection.handle.cursor() as cursor:
                cursor.execute("discard temp")
            connection.handle.commit()
        except psycopg2.Error:
            close(manager)

    PostgresConnectionManager.release = release  # type: ignore[assignment, method-assign]


def _know_the_project_by_any_port() -> None:
    """Let dbt use what it parsed before, though the server listens on another port since.

    dbt reads all files anew, half as long as a build of the default data, when anything of the
    connection has changed, since a model may ask for it. None asks for the port.
    """
    from dbt.parser.manifest import ManifestLoader  # noqa: PLC0415 - only with dbt

    check = ManifestLoader.build_manifest_state_check

    def build_manifest_state_check(loader: ManifestLoader) -> Any:
        state = check(loader)  # type: ignore[no-untyped-call]
        known = dict(loader.root_project.credentials.connection_info()) | {"port": "any"}
        state.profile_hash = state.profile_hash.from_contents(repr(sorted(known.items())))
        return state

    ManifestLoader.build_manifest_state_check = build_manifest_state_check  # type: ignore[method-assign]


def _keep_type_testers() -> None:
    """Let dbt use again what finds the types of an answer's columns, made anew for each answer.

    It depends on nothing but the names of the columns that hold text.
    """
    from dbt_common.clients import agate_helper  # noqa: PLC0415 - only with dbt

    build = cache(agate_helper.build_type_tester)

    def build_type_tester(text_columns: Iterable[str], *rest: Any, **options: Any) -> Any:
        return build(frozenset(text_columns), *rest, **options)

    agate_helper.build_type_tester = build_type_tester


def _write_the_manifest_once() -> None:
    """Spare dbt the manifest that it writes when it has read the project, and again at the end.

    A second in which nothing else runs yet. What only reads the project (``dbt parse``, ``ls``,
    ``compile``) writes it as before.
    """
    from dbt import flags  # noqa: PLC0415 - only with dbt
    from dbt.parser import manifest as parser  # noqa: PLC0415
    from dbt.task import runnable  # noqa: F401, PLC0415 - has what writes at the end by now

    write = parser.write_manifest

    def write_manifest(*given: Any, **named: Any) -> None:
        which = flags.get_flags().WHICH  # type: ignore[no-untyped-call]
        if which not in ("build", "run", "test", "seed", "snapshot"):
            write(*given, **named)

    parser.write_manifest = write_manifest


def _keep_compiled_templates() -> None:
    """Let Jinja use again what it made of the text of a macro, model or test in another run.

    dbt hands it each text as a string, and of strings Jinja keeps nothing: a sixth of dbt's own
    work in a day. Its cache for files does it, by the whole text, so nothing can be out of date.
    """
    from dbt_common.clients.jinja import MacroFuzzEnvironment  # noqa: PLC0415 - only with dbt
    from jinja2 import FileSystemBytecodeCache  # noqa: PLC0415

    compile_anew = MacroFuzzEnvironment.compile
    made_by = f"{version('dbt-common')} {version('jinja2')}"
    with suppress(OSError):  # of a project that may only be read, or a full disk, nothing is kept
        TEMPLATES.mkdir(parents=True, exist_ok=True)
    kept = FileSystemBytecodeCache(str(TEMPLATES))

    def compile_template(environment: Any, source: Any, *rest: Any, **options: Any) -> Any:
        if rest or options or not isinstance(source, str):
            return compile_anew(environment, source, *rest, **options)
        name = f"{made_by} {type(environment).__name__} {source}"
        bucket = kept.get_bucket(environment, name, None, source)
        if bucket.code is None:
            bucket.code = compile_anew(environment, source)
            with suppress(OSError):
                kept.set_bucket(bucket)
        return bucket.code

    MacroFuzzEnvironment.compile = compile_template  # type: ignore[assignment, method-assign]


def _lay_out_macros_at_once() -> None:
    """Give each node its macros package by package, where dbt looks up one after the other.

    A thousand macros for each of hundreds of nodes.
    """
    from dbt.context.macros import MacroNamespace  # noqa: PLC0415 - only with dbt
    from dbt.context.manifest import ManifestContext  # noqa: PLC0415

    lay_out = ManifestContext.to_dict

    def to_dict(context: ManifestContext) -> Any:
        if not isinstance(context.namespace, MacroNamespace):  # of a test: laid out already
            return lay_out(context)
        found = super(ManifestContext, context).to_dict()
        found.update(laid_out(context.namespace))  # in place: the macros look for each other in it
        return found

    ManifestContext.to_dict = to_dict  # type: ignore[method-assign]


def laid_out(macros: Any) -> dict[str, Any]:
    """All macros by name: of two with one name the one that dbt would find first."""
    found: dict[str, Any] = {}
    for package in reversed(list(macros._search_order())):
        found.update(package)
    return found
