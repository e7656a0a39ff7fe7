"""People in the admin: their roles and brands, logging in, and their second factor."""

from ads.admin.people.factor_pages import ask, set_up
from ads.admin.people.own_password import change_password
from ads.admin.people.sign_ins import SignInAdmin
from ads.admin.people.signing_in import SignInForm, account_links
from ads.admin.people.users import UserAdmin
