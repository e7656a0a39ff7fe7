"""A stand-in for Meta's Graph API v26.0, as far as it concerns ad accounts and campaigns.

It speaks the protocol of Meta's public pages and refuses what they say is refused: other versions,
unknown fields and edges, parameters of the wrong form, budgets below the minimum or changed too
often, budgets of campaigns whose ad sets have them, changes of archived campaigns.
"""
