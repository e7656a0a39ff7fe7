"""Stand-ins for ad platforms: processes that speak a platform's real protocol on this machine.

Behind each is a world whose costs can be computed exactly (`world`), a queue of faults (`faults`)
and an HTTP API that steers both (`control`). `python -m stand_ins meta_ads` starts one. The product
never imports them.
"""
