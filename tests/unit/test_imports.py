"""The layout holds: imports run one way, one module writes tables, one makes sessions, no module grows too long."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("analytics_assets", "resources", "asset_checks")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
NAMES = [path.relative_to(ROOT).as_posix() for path in MODULES]
VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "base", "stuff", "shared"}
LONGEST = 250

MAKE_SESSIONS = {"resources/spark.py", "resources/session_start.py", "resources/connect_server.py"}

# Who may not know whom: modules whose path begins so -> what they may not import.
MAY_NOT_IMPORT = {
    "analytics_assets/transforms/": (
        "resources", "dagster", "asset_checks", "analytics_assets.layers", "analytics_assets.feeds",
        "analytics_assets.definitions", "analytics_assets.automation", "os", "deltalake",
    ),
    "analytics_assets/feeds/": (
        "resources", "dagster", "asset_checks", "analytics_assets.layers", "analytics_assets.definitions",
        "analytics_assets.automation",
    ),
    "analytics_assets/samples/": ("resources", "dagster", "analytics_assets.layers", "pyspark"),
    "analytics_assets/layers/": ("analytics_assets.definitions", "analytics_assets.automation", "analytics_assets.cli"),
    "asset_checks/": ("analytics_assets.definitions", "analytics_assets.automation", "analytics_assets.cli"),
    "resources/": ("analytics_assets", "asset_checks"),
}  # fmt: skip


def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text())


def imported(name: str) -> Iterator[str]:
    """Every module that a module imports, also inside functions, by its full name."""
    package = name.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".").split(".")
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package if name.endswith("__init__.py") else package[:-1]
            source = ".".join([*above[: len(above) - node.level + 1], node.module or ""]) if node.level else node.module
            yield from (f"{source}.{alias.name}" for alias in node.names)


def attributes(name: str) -> set[str]:
    """Names that stand after a dot, and the plain names that are called."""
    nodes = list(ast.walk(tree(name)))
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)} | called


def is_spark_write(node: ast.AST) -> bool:
    """`rows.write` of a DataFrame, that is, not a call of a file's write()."""
    return isinstance(node, ast.Attribute) and node.attr in ("write", "writeTo", "writeStream")


def test_there_is_something_to_look_at() -> None:
    assert {"analytics_assets/transforms/silver.py", "resources/lakehouse.py"} <= set(NAMES)
    assert "pyspark.sql.Window" in set(imported("analytics_assets/transforms/silver.py"))


@pytest.mark.parametrize("name", NAMES)
def test_imports_run_one_way(name: str) -> None:
    forbidden = [module for start, modules in MAY_NOT_IMPORT.items() if name.startswith(start) for module in modules]
    found = {full for full in imported(name) for module in forbidden if f"{full}.".startswith(f"{module}.")}
    assert not found, f"{name} imports {sorted(found)}"


@pytest.mark.parametrize("name", NAMES)
def test_only_the_lakehouse_writes_tables(name: str) -> None:
    nodes = list(ast.walk(tree(name)))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    writes = any(is_spark_write(node) and id(node) not in called for node in nodes)
    names = attributes(name) & {
        "save",
        "saveAsTable",
        "toTable",
        "insertInto",
        "write_deltalake",
        "replaceWhere",
        "forPath",
    }
    if name == "resources/file_stream.py":
        # A stream that hands over the names of its files, and writes none.
        assert writes and "foreachBatch" in attributes(name)
        assert not names
    elif name == "resources/lakehouse.py":
        assert writes
        assert "save" in names
    else:
        assert not writes, f"{name} writes a DataFrame; Lakehouse.replace does"
        assert not names, f"{name} uses {names}"


@pytest.mark.parametrize("name", NAMES)
def test_only_one_module_makes_spark_sessions(name: str) -> None:
    makers = attributes(name) & {"getOrCreate", "builder", "SparkSession", "SparkContext", "LazyPySparkResource"}
    if name not in MAKE_SESSIONS:
        assert not makers, (
            f"{name} uses {makers}; resources/session_start.py makes sessions, resources/spark.py gives them"
        )


CONNECT_LACKS = {"sparkContext", "rdd", "_jdf", "_jvm", "_jsc", "_sc", "Observation", "observe", "accumulator", "udf"}


@pytest.mark.parametrize("name", NAMES)
def test_only_what_spark_connect_has_is_used(name: str) -> None:
    if name not in MAKE_SESSIONS:
        assert not attributes(name) & CONNECT_LACKS, name
        assert not {full for full in imported(name) if full.startswith(("delta.", "pyspark.rdd"))}, name


@pytest.mark.parametrize("name", NAMES)
def test_a_module_says_what_belongs_in_it(name: str) -> None:
    words = ast.get_docstring(tree(name)) or ""
    assert words.split("\n")[0].rstrip().endswith((".", ":", ";", ",")) or len(words.split("\n")[0]) > 10, name


@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_short_and_named_after_a_concept(name: str) -> None:
    lines = (ROOT / name).read_text().count("\n")
    assert lines <= LONGEST, f"{name} has {lines} lines, expected at most {LONGEST}: split it by concept"
    words = {word for part in Path(name).with_suffix("").parts for word in part.split("_")}
    assert not words & VAGUE, name
    assert not Path(name).stem[-1].isdigit(), name


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("analytics_assets/transforms/")])
def test_a_transform_reads_no_clock_and_no_environment_and_collects_nothing(name: str) -> None:
    forbidden = {"now", "today", "current_date", "current_timestamp", "environ", "getenv", "open", "print"}
    forbidden |= {"collect", "toPandas", "count_distinct_approx", "cache", "persist", "show"}
    assert not attributes(name) & forbidden, name


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("analytics_assets/")])
def test_no_expression_is_made_at_import(name: str) -> None:
    """F.col needs a JVM: it stands inside functions alone."""
    at_import: list[ast.AST] = [
        node for node in tree(name).body if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    ]
    found: list[str] = []
    while at_import:
        node = at_import.pop()
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "F":
            found.append(node.attr)
        at_import.extend(ast.iter_child_nodes(node))
    assert not found, name
