"""Who may do what: people, the programs that send spend, and the views people keep."""

from ads.models.access.people import Person, SecondFactor, SignIn, SignInKind
from ads.models.access.saved_views import DefaultView, SavedView
from ads.models.access.senders import ApiKey, Scope, Sender, WebhookDelivery, WebhookEndpoint
