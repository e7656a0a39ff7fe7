"""The hand-written query that the engine's is compared with: the ids of campaigns that disagree."""

from ads.holds import Moment

DISAGREEING = """
    WITH rank (schedule_id, rank) AS (VALUES {ranks}),
         zone (timezone, today, month) AS (VALUES {zones}),
         closed AS (
             SELECT campaign_id
               FROM ads_campaignschedule LEFT JOIN rank USING (schedule_id)
              GROUP BY campaign_id
             HAVING coalesce(max(rank), 0) & 1 = 0
         )
    SELECT campaign.id
      FROM ads_campaign AS campaign
      JOIN ads_brand AS brand ON brand.id = campaign.brand_id
      JOIN zone USING (timezone)
      LEFT JOIN ads_spendtotal AS b_day
        ON b_day.brand_id = brand.id AND b_day.campaign_id IS NULL
       AND b_day.period = 'day' AND b_day.start = zone.today
      LEFT JOIN ads_spendtotal AS b_month
        ON b_month.brand_id = brand.id AND b_month.campaign_id IS NULL
       AND b_month.period = 'month' AND b_month.start = zone.month
      LEFT JOIN ads_spendtotal AS day
        ON day.campaign_id = campaign.id AND day.period = 'day' AND day.start = zone.today
      LEFT JOIN ads_spendtotal AS month
        ON month.campaign_id = campaign.id AND month.period = 'month' AND month.start = zone.month
      LEFT JOIN closed ON closed.campaign_id = campaign.id AND campaign.is_dayparting_enabled
     WHERE campaign.is_active <> (
               campaign.status = 'active' AND brand.is_active
           AND coalesce(campaign.start_date <= zone.today, true)
           AND coalesce(campaign.end_date >= zone.today, true)
           AND coalesce(brand.daily_budget > coalesce(b_day.amount - b_day.waived, 0), true)
           AND coalesce(brand.monthly_budget > coalesce(b_month.amount - b_month.waived, 0), true)
           AND coalesce(campaign.daily_budget > coalesce(day.amount - day.waived, 0), true)
           AND coalesce(campaign.monthly_budget > coalesce(month.amount - month.waived, 0), true)
           AND closed.campaign_id IS NULL)
"""


def disagreeing(moment: Moment) -> str:
    """The query at ``moment``: what Python has worked out is written into it as VALUES."""
    ranks = [(pk, rank) for rank, ids in moment.ranks.items() for pk in ids]
    zones = [(zone, today) for today, zones in moment.dates.items() for zone in zones]
    return DISAGREEING.format(
        ranks=", ".join(f"({pk}, {rank})" for pk, rank in ranks),
        zones=", ".join(
            f"('{zone}', date '{today}', date '{today.replace(day=1)}')" for zone, today in zones
        ),
    )
