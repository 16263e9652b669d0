{#- Intervals around what was counted. -#}

{% macro wilson_bound(events, trials, side) -%}
    {#- Bound ('lower' or 'upper') of the 95 % interval of a share by Wilson's score method (1927), 0-100: it
        stays within 0 and 100 and keeps its coverage where events are few or none. Trials are taken as
        independent. NULL without trials or if events are not known. -#}
    {%- set z = 1.959964 -%}
    {%- set sign = '-' if side == 'lower' else '+' -%}
    {#- no event and only events are exact ends; rounding must not lie beyond them -#}
    {#- greatest() and least() would make 0 or 100 of nothing known -#}
    case when {{ trials }} > 0 and {{ events }} is not null then round(100 * greatest(0, least(1,
        ({{ events }} + {{ z * z / 2 }} {{ sign }} {{ z }} * sqrt(
            1.0 * {{ events }} * ({{ trials }} - {{ events }}) / {{ trials }} + {{ z * z / 4 }}
        )) / ({{ trials }} + {{ z * z }})
    )), 4) end
{%- endmacro %}
