{% macro default__get_where_subquery(relation) -%}
    {#- dbt's own reading of a test's `where`, with two words that stand for what only the relation
        knows: `__newest_build__` for the rows that its last build wrote, so that testing a day costs
        what the day costs (all rows with `--vars 'test_everything: true'`), and `__model__` for its name. -#}
    {%- set where = config.get('where', '') -%}
    {%- if not where -%}{{ return(relation) }}{%- endif -%}
    {%- set newest = 'true' if var('test_everything', false) else
        '_build_id = (select max(_build_id) from ' ~ relation ~ ')' -%}
    {%- set where = where | replace('__newest_build__', newest) | replace('__model__', relation | string) -%}
    {{- return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as tested') -}}
{%- endmacro %}
