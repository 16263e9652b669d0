-- The contributions of each dimension add up to the change of the whole, to the last digit; each is what its own
-- figures say it is; members without shared units make the whole; all dimensions of an analysis divide the same whole.
-- Fails per analysis, dimension and reason.

with rows_shown as (
    select
        *,
        -- of a rate: the change of share times rate, less what the change of share does at the mean rate of all
        case
            when measure = 'sum' then event_total - previous_event_total
            else
                100 * event_total / nullif(sum_of_units, 0)
                - 100 * previous_event_total / nullif(previous_sum_of_units, 0)
                - (share_percent - previous_share_percent) / 100 * (total_value + previous_total_value) / 2
        end as expected_contribution
    from (
        select
            *,
            100 * unit_count / nullif(share_percent, 0) as sum_of_units,
            100 * previous_unit_count / nullif(previous_share_percent, 0) as previous_sum_of_units
        from {{ ref('diagnostic_analytics') }}
    ) as sized
)

select
    analysis,
    dimension,
    'does not add up' as reason
from rows_shown
group by analysis, dimension
having sum(contribution) is distinct from max(total_change) and max(total_change) is not null
union all
select
    analysis,
    dimension,
    'not its own contribution: ' || member as reason
from rows_shown
-- shares are shown to four digits
where abs(contribution - expected_contribution) > 0.001
union all
select
    analysis,
    dimension,
    'members do not make the whole' as reason
from rows_shown
group by analysis, dimension
having sum(share_percent) not between 99.99 and 100.01 and min(share_percent) < 100
union all
select
    analysis,
    'all' as dimension,
    'wholes differ' as reason
from rows_shown
group by analysis
having count(distinct total_value) > 1 or count(distinct previous_total_value) > 1
