"""Log calls say constant sentences and listed keys, and an exception is raised without prose."""

import ast
from collections.abc import Iterator

import pytest

from engage.logs import ALLOWED_KEYS
from tests.policy.source import Source, sources

LOGGER_NAMES = {"log", "logger", "_log", "_logger", "LOG", "LOGGER"}
SPEAKS = {"critical", "debug", "error", "exception", "info", "log", "msg", "warning"}
BINDS = {"bind", "bind_contextvars", "bound_contextvars", "new"}
ALWAYS = {"exc_info"}


def indiscretions(source: Source) -> list[str]:
    """Return a sentence for each place where a module could say something about a person."""
    return [
        f"{source.name}:{line} {reason}"
        for node in ast.walk(source.tree)
        for line, reason in (*_in_log_call(node), *_in_raise(node))
    ]


def _in_log_call(node: ast.AST) -> Iterator[tuple[int, str]]:
    if not isinstance(node, ast.Call):
        return
    speaks = _method(node) in SPEAKS and _is_logger(node)
    binds = _method(node) in BINDS and (_is_logger(node) or _method(node).endswith("contextvars"))
    if speaks:
        if not node.args or not _is_constant_sentence(node.args[0]):
            yield node.lineno, "logs an event that is no constant sentence"
        if len(node.args) > 1:
            yield node.lineno, "logs by position; values go under listed keys"
    if speaks or binds:
        for keyword in node.keywords:
            if keyword.arg is None:
                yield node.lineno, "logs **anything; name the keys"
            elif keyword.arg not in ALLOWED_KEYS | ALWAYS:
                yield node.lineno, f"logs {keyword.arg!r}, which is not in logs.ALLOWED_KEYS"
            elif isinstance(keyword.value, ast.JoinedStr):
                yield node.lineno, f"formats the value of {keyword.arg!r}"


def _in_raise(node: ast.AST) -> Iterator[tuple[int, str]]:
    # Texts of exceptions end in consoles and crash reports. An EngageError has none to fill in.
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        for argument in (*node.exc.args, *(k.value for k in node.exc.keywords)):
            formats = isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Mod)
            if formats or (isinstance(argument, ast.Call) and _method(argument) == "format"):
                yield node.lineno, "formats the text of an exception"


def _method(node: ast.Call) -> str:
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _is_logger(node: ast.Call) -> bool:
    match node.func:
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in LOGGER_NAMES | {"logging"}
        case ast.Attribute(value=ast.Call() as inner):
            return _method(inner) in {"getLogger", "get_logger", "bind"}
        case _:
            return False


def _is_constant_sentence(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_no_log_line_can_say_who() -> None:
    """Every log call of engage has a constant event and listed keys."""
    found = [sentence for source in sources() for sentence in indiscretions(source)]

    assert not found, (
        "Log ids, counts and codes under listed keys "
        "(docs/decisions/0009-what-may-be-logged.md):\n" + "\n".join(found)
    )


@pytest.mark.parametrize(
    "text",
    [
        'log.info(f"text from {number}")',
        'log.info("text from %s", number)',
        'log.info("text from " + number)',
        'log.info("text from {}".format(number))',
        "log.info(body)",
        "log.info()",
        'log.info("text in", body=body)',
        'log.info("text in", **row)',
        'log.info("text in", code=f"{body}")',
        'self.log.warning("text in", phone=number)',
        'structlog.get_logger().error("text in", name=name)',
        'logging.getLogger("x").error("text in", extra=row)',
        'log.bind(name="Rosa").info("text in")',
        'structlog.contextvars.bind_contextvars(email="x")',
        'raise ValueError("bad number %s" % number)',
        'raise ValueError("bad number {}".format(number))',
    ],
)
def test_an_indiscretion_is_found(text: str) -> None:
    """Formatting, positions, variables and unlisted keys are found."""
    assert indiscretions(Source("engage.x", text))


@pytest.mark.parametrize(
    "text",
    [
        'log.info("text sent", message=message.id, segments=2)',
        'log.exception("turn failed", message=message.id)',
        'log.error("turn failed", exc_info=True)',
        "structlog.contextvars.bind_contextvars(practice=practice, request=request)",
        'catalog.info("hvs.worried", whatever=1)',
        "raise NotFound",
        'raise Invalid("/phone")',
    ],
)
def test_a_discreet_line_passes(text: str) -> None:
    """Ids, counts and codes under listed keys pass."""
    assert not indiscretions(Source("engage.x", text))
