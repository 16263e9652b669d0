{% macro default__get_where_subquery(relation) -%}
    {#- dbt's own reading of a test's `where`, with two words that stand for what only the relation
        knows: `__newest_build__` for the rows that its last build wrote, so that testing a day costs
        what the day costs (all rows with `--vars 'test_everything: true'`), and `__model__` for its name. -#}
    {%- set where = config.get('where', '') -%}
    {%- if not where -%}{{ return(relation) }}{%- endif -%}
    {%- set newest = 'true' if var('test_everything', false) or '__newest_build__' not in where
        else '_build_id = ' ~ newest_build_of(relation) -%}
    {%- set where = where | replace('__newest_build__', newest) | replace('__model__', relation | string) -%}
    {{- return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as tested') -}}
{%- endmacro %}

{% macro newest_build_of(relation) -%}
    {#- As a literal: of a subquery the planner only knows that it is some build, so it reads the whole
        relation where the index would give it the few rows of the last one. -#}
    {%- if not execute or load_relation(relation) is none -%}{{ return('0') }}{%- endif -%}
    {{- return(asked_once('select coalesce(max(_build_id), 0) from ' ~ relation, 'after')) -}}
{%- endmacro %}
