{% macro sees_personal_data() -%}
    {#- True for members of the owner's role: they see names and addresses in clear. On PostgreSQL
        `current_user` inside a view is whoever queries it. The laptop engines have one user. -#}
    {{- return(adapter.dispatch('sees_personal_data', 'financial_analytics')()) -}}
{%- endmacro %}

{% macro default__sees_personal_data() -%}
    true
{%- endmacro %}

{% macro postgres__sees_personal_data() -%}
    (select pg_has_role(current_user, '{{ target.user }}', 'usage'))
{%- endmacro %}

{% macro masked_name(name) -%}
    {#- `David Wong` in clear for the owner, `D. W.` for everybody else; of a name of one word nothing is
        shown, since an initial may be all of it. -#}
    case
        when {{ sees_personal_data() }} then {{ name }}
        when split_part({{ name }}, ' ', 2) = '' then '***'
        else substr({{ name }}, 1, 1) || '. ' || substr(split_part({{ name }}, ' ', 2), 1, 1) || '.'
    end
{%- endmacro %}
