{% macro sees_personal_data() -%}
    {#- True for members of the owner's role: they see names and addresses in clear. On PostgreSQL
        `current_user` inside a view is whoever queries it. The laptop engines have one user. -#}
    {{- return(adapter.dispatch('sees_personal_data', 'financial_analytics')()) -}}
{%- endmacro %}

{% macro default__sees_personal_data() -%}
    true
{%- endmacro %}

{% macro postgres__sees_personal_data() -%}
    pg_has_role(current_user, '{{ target.user }}', 'usage')
{%- endmacro %}
