{% macro hold_streams() -%}
    {#- Until the end of this transaction nothing is added to a stream's batch (warehouse/stream/store.py takes the
        same number, shared): see docs/decisions/0028. Engines that read a copy of bronze need nothing. -#}
    {{- return(adapter.dispatch('hold_streams', 'financial_analytics')()) -}}
{%- endmacro %}

{% macro default__hold_streams() -%}
    {{- return('') -}}
{%- endmacro %}

{% macro postgres__hold_streams() -%}
    {{- return('select pg_advisory_xact_lock(7305202404);') -}}
{%- endmacro %}
