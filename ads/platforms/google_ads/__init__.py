"""Google Ads, over the library `google-ads` (gRPC, the newest version of the API that it has).

- `platform`: the credentials and *Connect*; imports none of the library.
- `access`: what signs in; the token is asked for at once, so that a refused one is said at once.
- `connector`: the calls. - `queries`: what is asked, and how a row is read.
- `errors`: what the platform's codes mean.

A gRPC channel that was opened before a process forked fails after it: a connector is made in the
task that uses it.
"""

from ads.platforms.google_ads.platform import PLATFORM
