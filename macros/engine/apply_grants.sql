{#- Who may read a relation is said in one place: dbt's grants (dbt_project.yml), and for a data set of the API
    (`meta.dataset`) the role api_reader, to which row-level security shows the rows of one user. Both happen in
    the transaction that makes the relation, policies first, so that no build, not even a full refresh, ever
    shows a row too many: see docs/decisions/0027. -#}

{% macro postgres__apply_grants(relation, grant_config, should_revoke=True) %}
    {%- set meta = config.get('meta') or {} -%}
    {%- if meta.get('dataset') -%}
        {%- if relation.is_table -%}{%- do protect_rows(relation, meta.get('user_column')) -%}{%- endif -%}
        {%- if meta.get('user_column') or meta.get('public') -%}
            {%- set grant_config = {'select': (grant_config or {}).get('select', []) + ['api_reader']} -%}
        {%- endif -%}
    {%- endif -%}
    {{- return(dbt.default__apply_grants(relation, grant_config, should_revoke)) -}}
{% endmacro %}

{% macro protect_rows(relation, user_column) %}
    {#- Policies are only touched when they are not what they should be: creating one would make every
        build wait for all readers. -#}
    {%- set policy = 'api_reader_by_' ~ user_column if user_column else '' -%}
    {%- set found = run_query(
        "select (select count(*) from pg_roles where rolname = 'api_reader'), relrowsecurity, (select"
        " string_agg(polname, ' ') from pg_policy where polrelid = pg_class.oid) from pg_class where oid = '"
        ~ relation.render() ~ "'::regclass"
    ).rows[0] -%}
    {%- set policies = (found[2] or '').split() -%}
    {%- if not found[0] -%}
        {{ exceptions.raise_compiler_error('Role api_reader is missing: run `python -m warehouse start`.') }}
    {%- endif -%}
    {%- if found[1] != (user_column is not none) or (user_column and policy not in policies) -%}
        {% call statement('protect_rows') %}
            {% for name in policies %}drop policy "{{ name }}" on {{ relation }};{% endfor %}
            {% if user_column %}
                alter table {{ relation }} enable row level security;
                create policy bi_reader_sees_all on {{ relation }} for select to bi_reader using (true);
                create policy {{ policy }} on {{ relation }} for select to api_reader
                using ({{ user_column }} = {{ api_user() }});
            {% else %}
                alter table {{ relation }} disable row level security;
            {% endif %}
        {% endcall %}
    {%- endif -%}
{% endmacro %}

{% macro visible_rows(query) -%}
    {#- A view runs with its owner's rights, which row-level security lets pass; so a view that is a data set
        carries the same condition itself. -#}
    {%- set user_column = (config.get('meta') or {}).get('user_column') -%}
    {%- if not user_column -%}{{ return(query) }}{%- endif -%}
    {%- set guarded -%}
        select * from (
            {{ query }}
        ) as published
        where
            (select pg_has_role(current_user, 'bi_reader', 'usage') or pg_has_role(current_user, '{{ target.user }}', 'usage'))
            or {{ user_column }} = {{ api_user() }}
    {%- endset -%}
    {{- return(guarded) -}}
{%- endmacro %}

{% macro api_user() -%}
    {#- The user of the API's transaction, nobody where none was named; a sub-query, so that it is evaluated
        once and an index still serves. -#}
    (select cast(nullif(current_setting('api.user_id', true), '') as bigint))
{%- endmacro %}

{% macro show_to_api(tables) -%}
    {#- Which builds there were and which are done: the API says with it whether an answer is still good. -#}
    {{- adapter.dispatch('show_to_api', 'financial_analytics')(tables) -}}
{%- endmacro %}

{% macro default__show_to_api(tables) -%}
{%- endmacro %}

{% macro postgres__show_to_api(tables) -%}
    grant select on {{ tables | join(', ') }} to api_reader;
{%- endmacro %}
