"""The house rules that a machine can check. Each test names the rule; its failure names the line."""

import ast
import re

from tests.architecture.source import PACKAGE, Module, calls, modules

PURE = re.compile(r"^maillage\.(kernel|lorawan\.(protocol|regions|packages|simulator\.physics)|[a-z.]+\.engine)(\.|$)")
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\S+(\s+\w+)?\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX|DATABASE)|COPY\s+\w+\s*[(]|pg_\w+\()",
    re.DOTALL,
)


def _lines(found: list[str]) -> str:
    return "\n".join(found)


def test_only_the_kernel_clock_reads_the_time():
    clocks = {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time.time",
        "timezone.now",
        "time.monotonic",
    }
    found = [
        f"{m.at(node)} {name}"
        for m in modules()
        if m.name != "maillage.kernel.clock"
        for node, name in calls(m)
        if any(name == c or name.endswith("." + c) for c in clocks)
    ]
    assert not found, _lines(found)


def test_only_config_reads_the_environment():
    found = [
        m.at(node)
        for m in modules()
        if not m.name.startswith("maillage.config.")
        for node in ast.walk(m.tree)
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in {"os.environ", "os.getenv", "environ"}
    ]
    assert not found, _lines(found)


def test_sql_stands_only_in_queries_and_store():
    def is_sql(node: ast.AST) -> bool:
        return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(SQL.search(node.value))

    found = [
        m.at(node)
        for m in modules()
        if m.room not in {"queries", "store"} and m.name not in SERVERS_ADMINISTRATION
        for node in ast.walk(m.tree)
        if is_sql(node)
    ]
    assert not found, _lines(found)


# Creating the private cluster's database is not reading or writing rows.
SERVERS_ADMINISTRATION = {"maillage.processes.postgres"}


def test_managers_are_used_only_in_models_queries_and_actions():
    rooms = {"models", "queries", "actions", "managers", "tenancy"}
    found = [
        m.at(node)
        for m in modules()
        if m.room not in rooms
        for node in ast.walk(m.tree)
        if isinstance(node, ast.Attribute) and node.attr == "objects"
    ]
    assert not found, _lines(found)


def test_transactions_open_only_in_actions_and_store():
    def opens(name: str) -> bool:
        return name.endswith(("transaction.atomic", ".transaction")) or name == "atomic"

    found = [
        m.at(node) for m in modules() if m.room not in {"actions", "store"} for node, name in calls(m) if opens(name)
    ]
    assert not found, _lines(found)


def test_every_action_takes_the_actor_first():
    found = []
    for m in modules():
        if m.room != "actions":
            continue
        for node in m.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                first = node.args.args[0].arg if node.args.args else None
                if first != "actor":
                    found.append(f"{m.at(node)} {node.name}({first})")
    assert not found, _lines(found)


def test_our_own_code_is_imported_at_the_top():
    found = []
    for m in modules():
        for function in ast.walk(m.tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            found += [
                m.at(node)
                for node in ast.walk(function)
                if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("maillage"))
                or (isinstance(node, ast.Import) and any(a.name.startswith("maillage") for a in node.names))
            ]
    assert not found, _lines(found)


def test_there_are_no_signals_and_no_generic_foreign_keys():
    forbidden = {"GenericForeignKey", "receiver", "post_save", "pre_save", "post_delete", "pre_delete", "m2m_changed"}
    found = [
        m.at(node)
        for m in modules()
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ImportFrom) and forbidden & {a.name for a in node.names}
    ]
    assert not found, _lines(found)


def _imports(module: Module) -> set[str]:
    names = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def test_pure_modules_import_no_framework_clock_log_or_socket():
    forbidden = {"django", "ninja", "psycopg", "nats", "asyncio", "socket", "logging", "time", "random", "os", "uvloop"}
    found = [
        f"{m.name}: {sorted(bad)}"
        for m in modules()
        if PURE.match(m.name) and m.name != "maillage.kernel.clock" and (bad := _imports(m) & forbidden)
    ]
    assert not found, _lines(found)


def test_public_functions_are_annotated():
    found = [
        f"{m.at(node)} {node.name}"
        for m in modules()
        for node in ast.walk(m.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is None
    ]
    assert not found, _lines(found)


def test_templates_hold_no_inline_script_and_no_external_address():
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|\son[a-z]+=\"|\sstyle=\"|javascript:"
    )
    external = re.compile(r"(?:src|href)=\"(?:https?:)?//")
    found = [
        f"{path.relative_to(PACKAGE)}: {match.group(0)}"
        for path in sorted(PACKAGE.rglob("templates/**/*.html"))
        for pattern in (inline, external)
        if (match := pattern.search(path.read_text(encoding="utf-8")))
    ]
    assert not found, _lines(found)


MONEY = re.compile(r"^maillage\.(catalogue|orders|billing|funding)(\.|$)")


def test_money_is_rounded_only_in_the_kernel():
    rounding = {"round", "quantize", "ceil", "floor", "trunc"}
    found = [
        f"{m.at(node)} {name}"
        for m in modules()
        if MONEY.match(m.name)
        for node, name in calls(m)
        if name.rsplit(".", 1)[-1] in rounding
    ]
    assert not found, _lines(found)


def test_no_float_where_money_is():
    found = [
        m.at(node)
        for m in modules()
        if MONEY.match(m.name) or m.name == "maillage.kernel.money"
        for node in ast.walk(m.tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert not found, _lines(found)
