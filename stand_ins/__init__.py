"""Stand-ins for ad platforms: processes that speak a platform's real protocol on this machine.

Behind each is a world whose costs can be computed exactly (`world`), a queue of faults (`faults`)
and an HTTP API that steers both (`control`). `python -m stand_ins meta_ads` starts one. The product
never imports them; `start.sh` runs those in `DEMO_PLATFORMS`.
"""

#: Each has a module ``stand_ins.<code>.server`` with a function ``start(stage, port)``.
PLATFORMS = ("google_ads", "meta_ads", "microsoft_ads")
