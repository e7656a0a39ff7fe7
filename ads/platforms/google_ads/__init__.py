"""Google Ads, over the library `google-ads` (gRPC, the newest version of the API that it has).

- `platform`: the credentials and *Connect*; imports none of the library.
- `access`: signing in. The token is asked for at once, so that a refused one is said at once.
- `connector`: the calls.
- `queries`: what is asked, and how a row is read.
- `errors`: what the platform's codes mean.

gRPC does not promise that a channel survives a fork: a connector is made in the task that uses it.

Facts are from the descriptions in the library's own messages and from what it does when it is run.
Not verified on the real platform: with which code it refuses a campaign that was removed, and
whether `customer_client` answers an account that is no manager (both answers are understood).
"""

from ads.platforms.google_ads.platform import PLATFORM
