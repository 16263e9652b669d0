-- grain: one row per effect
-- What is measured, how, and why the two estimates may differ.
{{ config(materialized='view') }}

{%- set effects = [
    ('purchases', 'campaigns', 'Purchases of a contacted customer', 'ratio', 'contacts', 'randomised',
     'Treated against everybody not contacted: mean purchases in 30 days',
     'Treated against held out, within bands of earlier purchases (Mantel-Haenszel)',
     'Campaigns go to customers who are still here and agreed to be contacted; the others include those who left.'),
    ('purchase amount', 'campaigns', 'Amount of a purchase of a contacted customer', 'ratio', 'purchases', 'randomised',
     'Treated against everybody not contacted: geometric mean amounts',
     'Treated against held out, within segments: geometric mean amounts',
     'Campaigns aim at segments, and segments differ in what they spend on a purchase.'),
    ('spending', 'campaigns', 'Spending of a contacted customer', 'ratio', 'contacts', 'randomised',
     'Treated against everybody not contacted: mean spending in 30 days',
     'Treated against held out, within bands of earlier purchases (Mantel-Haenszel)',
     'Campaigns go to customers who are still here and agreed to be contacted; the others include those who left.'),
    ('revenue', 'campaigns', 'Fee revenue per contact', 'USD', 'contacts', 'randomised',
     'Treated against everybody not contacted: difference of means in 30 days',
     'Treated against held out, within bands of earlier purchases: difference of means',
     'What the treated would have brought anyway is revenue, but not of the campaign.'),
    ('incremental revenue', 'campaigns', 'Fee revenue that would not have come otherwise', 'USD', 'contacts', 'randomised',
     'Difference to everybody not contacted, times contacts',
     'Difference to the held out, times contacts',
     'What the treated would have brought anyway is revenue, but not of the campaign.'),
    ('return on budget', 'campaigns', 'Incremental fee revenue less budget, of the budget', 'percent', 'contacts', 'randomised',
     'Incremental revenue against everybody not contacted',
     'Incremental revenue against the held out',
     'Only fees of the 30 days count; what contacts are worth later is not known.'),
    ('purchases, before and after', 'campaigns', 'Purchases in 30 days, relative', 'ratio', 'contacts', 'difference in differences',
     'After against before, the treated alone',
     'After against before, treated against held out',
     'Purchases move with season and growth, and they do so without a campaign, too.'),
    ('purchases per contact, before and after', 'campaigns', 'Purchases in 30 days, absolute', 'purchases', 'contacts', 'difference in differences',
     'After less before, the treated alone',
     'After less before, treated less held out',
     'Purchases move with season and growth, and they do so without a campaign, too.'),
    ('churn', 'churn', 'Rate of leaving', 'ratio', 'leavers', 'adjusted observation',
     'Rates of leaving compared without regard to anything else',
     'Poisson regression within strata of the other drivers (bad service, low balance, tenure, segment)',
     'The drivers go together: who is new, poor or badly served is often more than one of these.'),
    ('confidence', 'economy', 'Odds per 10 points of consumer confidence', 'ratio', 'purchases', 'adjusted observation',
     'Monthly log odds on confidence alone, weighted least squares',
     'The same within calendar months and beside a linear trend',
     'Season and trend move purchases, and confidence happened to move with them.'),
    ('product value', 'products', 'Fee revenue of a customer in 12 months', 'USD', 'customers', 'association',
     'Holders today against all others',
     'Holders at the start of the 12 months against others, within segment, income and tenure',
     'Who stays has time to buy products: holding is measured before the value, among customers alike. Who wants the product may still differ, so this is an association.'),
] %}

{% for effect, topic, measure, unit, n_unit, identification, naive_method, adjusted_method, why in effects -%}
select
    '{{ effect }}' as effect,
    '{{ topic }}' as topic,
    '{{ measure }}' as measure,
    '{{ unit }}' as unit,
    '{{ n_unit }}' as n_unit,
    '{{ identification }}' as identification,
    '{{ naive_method }}' as naive_method,
    '{{ adjusted_method }}' as adjusted_method,
    '{{ why }}' as why_they_differ
{%- if not loop.last %}
union all
{% endif -%}
{% endfor %}
