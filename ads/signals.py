"""Configuration saved anywhere -> enforce on commit."""
