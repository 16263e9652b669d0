"""The dbt project itself: layers, descriptions, one SQL for several engines, nothing deprecated."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.kit import ROOT, Warehouse

# What a layer may read, from models/README.md. Lookups (seeds) are free to all.
MAY_READ = {
    "silver": {"bronze", "silver"},
    "curated": {"silver", "curated"},
    "dst": {"silver", "curated", "dst"},
    "gold": {"silver", "curated", "dst", "gold"},
}
# Things that DuckDB and Spark do not have or read otherwise; they belong in macros/engine.
ONE_ENGINE_ONLY = {
    "a :: cast": r"::",
    "distinct on": r"\bdistinct\s+on\b",
    "generate_series": r"\bgenerate_series\b",
    "age()": r"\bage\(",
    "to_char": r"\bto_char\b",
    "at time zone": r"\bat\s+time\s+zone\b",
    "string_agg": r"\bstring_agg\b",
    "a json operator": r"->>?",
    "on conflict": r"\bon\s+conflict\b",
    "ilike": r"\bilike\b",
    "the clock": r"\b(current_date|now\(|localtimestamp|clock_timestamp)",
}


@pytest.fixture(scope="module")
def manifest(demo_warehouse: Warehouse) -> dict[str, Any]:
    """dbt's own picture of the project."""
    demo_warehouse.run("dbt", "parse")
    found: dict[str, Any] = json.loads((demo_warehouse.home / "target/manifest.json").read_text())
    return found


def test_layers_read_only_what_they_may(manifest: dict[str, Any]) -> None:
    nodes = manifest["nodes"] | manifest["sources"]
    wrong = [
        f"{node['schema']}.{node['name']} reads {nodes[parent]['schema']}.{nodes[parent]['name']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "snapshot")
        for parent in node["depends_on"]["nodes"]
        if parent in nodes
        and nodes[parent]["resource_type"] != "seed"
        and nodes[parent]["schema"] not in MAY_READ[node["schema"]]
    ]
    assert not wrong, "\n".join(wrong)


def test_models_lie_in_the_folder_of_their_layer(manifest: dict[str, Any]) -> None:
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "snapshot"):
            assert node["original_file_path"].split("/")[1] == node["schema"], node["name"]


def test_everything_is_described(manifest: dict[str, Any]) -> None:
    kinds = ("model", "snapshot", "seed")
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] in kinds]
    nodes += manifest["sources"].values()
    bare = [
        f"{node['name']}.{column}" if column else node["name"]
        for node in nodes
        for column, text in [("", node["description"])]
        + [(name, details["description"]) for name, details in node["columns"].items()]
        if len(text.strip()) < 4 or text.strip() == "TODO"
    ]
    assert len(nodes) > 60
    assert not bare, "\n".join(bare)


def keys_of(node: dict[str, Any]) -> set[str]:
    """The columns whose uniqueness the database enforces by the model's contract."""
    return {
        name
        for name, column in node["columns"].items()
        for constraint in column["constraints"]
        if constraint["type"] in ("primary_key", "unique")
    }


def test_every_model_is_tested(manifest: dict[str, Any]) -> None:
    """By data tests, or by a key that the database enforces."""
    tested = {
        parent
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        for parent in node["depends_on"]["nodes"]
    }
    built = {
        key
        for key, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "snapshot")
        and node["config"]["materialized"] != "ephemeral"
        and not keys_of(node)
    }
    assert not built - tested


def test_constraints_are_in_the_database(
    demo_warehouse: Warehouse, manifest: dict[str, Any]
) -> None:
    """What the YAML promises of keys, of NULL and of each row holds for the tables there are."""
    models = [one for one in manifest["nodes"].values() if one["resource_type"] == "model"]
    promised = {
        (node["schema"], node["alias"], name, constraint["type"])
        for node in models
        for name, column in node["columns"].items()
        for constraint in column["constraints"]
    }
    promised |= {
        (node["schema"], node["alias"], constraint["name"], constraint["type"])
        for node in models
        for constraint in node["constraints"]
    }
    kept = set(
        demo_warehouse.query(
            """
            select constraint_schema, table_name, column_name,
                case constraint_type when 'PRIMARY KEY' then 'primary_key' else 'unique' end
            from information_schema.table_constraints
            inner join information_schema.key_column_usage
                using (constraint_schema, constraint_name, table_schema, table_name)
            where constraint_type in ('PRIMARY KEY', 'UNIQUE')
            union all
            select table_schema, table_name, column_name, 'not_null'
            from information_schema.columns where is_nullable = 'NO'
            union all
            select constraint_schema, table_name, constraint_name, 'check'
            from information_schema.table_constraints where constraint_type = 'CHECK'
            """
        )
    )
    assert {kind for *_, kind in promised} >= {"primary_key", "not_null", "check"}
    # a row that a check refuses is quoted in the message, so not where there are names
    assert not [one for one in promised if one[3] == "check" and one[1].endswith("_private")]
    assert not promised - kept


def test_gold_and_dst_have_contracts(manifest: dict[str, Any]) -> None:
    loose = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["schema"] in ("gold", "dst")
        and not node["config"]["contract"]["enforced"]
    ]
    assert not loose


@pytest.mark.parametrize("what", ONE_ENGINE_ONLY)
def test_models_keep_to_the_common_sql(what: str) -> None:
    found = []
    for path in sorted(ROOT.glob("models/**/*.sql")):
        text = re.sub(
            r"\{#.*?#\}|--[^\n]*|\{\{ dbt\.current_timestamp\(\) \}\}",
            "",
            path.read_text(),
            flags=re.S,
        )
        if re.search(ONE_ENGINE_ONLY[what], text, flags=re.I):
            found.append(str(path.relative_to(ROOT)))
    assert not found


def test_nothing_deprecated(demo_warehouse: Warehouse) -> None:
    printed = demo_warehouse.run(
        "dbt", "--no-use-colors", "parse", "--no-partial-parse", "--show-all-deprecations"
    ).stdout
    assert "Performance info" in printed
    assert "deprecat" not in printed.lower()
    assert "warning" not in printed.lower()


@pytest.mark.parametrize(
    ("selection", "member", "stranger"),
    [
        ("silver", "stg_customers", "dim_customer"),
        ("gold.dimensions", "dim_product", "fact_transactions"),
        ("silver.*", "quarantine", "dst_category_trends"),
        ("gold.facts.*", "fact_transactions", "dim_date"),
        ("+fact_transactions", "base_transactions", "fact_customer_monthly"),
    ],
)
def test_selectors_by_layer(
    demo_warehouse: Warehouse, selection: str, member: str, stranger: str
) -> None:
    listed = demo_warehouse.run(
        "dbt",
        "--quiet",
        "ls",
        "--resource-type",
        "model",
        "--output",
        "name",
        "--select",
        selection,
    ).stdout.split()
    assert member in listed
    assert stranger not in listed


def is_plain_view(node: dict[str, Any]) -> bool:
    """A view that only a change of the project changes."""
    is_view = node["resource_type"] == "model" and node["config"]["materialized"] == "view"
    return is_view and "each_build" not in node["config"]["tags"]


def test_plain_views_may_be_left_alone(manifest: dict[str, Any]) -> None:
    """None holds what a build wrote into it, and none reads a table that a build drops."""

    def macros_of(names: set[str]) -> set[str]:
        further = {
            one for name in names for one in manifest["macros"][name]["depends_on"]["macros"]
        }
        return names if further <= names else macros_of(names | further)

    def read_by(node: dict[str, Any]) -> list[dict[str, Any]]:
        """The node and what stands in its SQL, then the relations they read."""
        found = [node]
        for key in node["depends_on"]["nodes"]:
            parent = manifest["nodes"].get(key)
            if parent and parent["resource_type"] == "model":
                inlined = parent["config"]["materialized"] == "ephemeral"
                found += read_by(parent) if inlined else [parent]
        return found

    views = [node for node in manifest["nodes"].values() if is_plain_view(node)]
    assert len(views) > 30
    for view in views:
        _, *parents = read_by(view)
        assert not [one["name"] for one in parents if one["config"]["materialized"] == "table"]
        for one in [view, *parents]:
            if one is view or one["config"]["materialized"] == "ephemeral":
                asked = macros_of(set(one["depends_on"]["macros"]))
                assert "macro.dbt.run_query" not in asked, (view["name"], one["name"])


def test_a_day_and_the_analyses_are_everything(
    demo_warehouse: Warehouse, manifest: dict[str, Any]
) -> None:
    """Each model but plain views is built by one of both, and no day waits for an analysis."""
    built = {
        selector: set(
            demo_warehouse.run(
                "dbt", "--quiet", "ls", "--resource-type", "model", "--resource-type", "snapshot",
                "--output", "name", "--selector", selector,
            ).stdout.split()
        )
        for selector in ("daily", "analyses")
    }  # fmt: skip
    nodes = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "snapshot")
    }
    left_out = set(nodes) - built["daily"] - built["analyses"]
    views = {name for name, node in nodes.items() if is_plain_view(node)}
    assert left_out == views - built["analyses"]
    assert len(left_out) > 30
    assert not built["daily"] & built["analyses"]
    assert len(built["analyses"]) > 30
    parents = {
        parent.rsplit(".", 1)[-1]
        for name in built["daily"]
        for parent in nodes[name]["depends_on"]["nodes"]
    }
    assert not parents & built["analyses"]
