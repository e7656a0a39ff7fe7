"""Meta's connector, against a stand-in that speaks its protocol."""
