"""Why an entry of a list cannot be had, in words."""

PRIVATE = "private"
DELETED = "deleted"
LIVE = "a live stream"
LOGIN = "only for people who are logged in"
TOO_LONG = "longer than the limit in the settings"
NO_ADDRESS = "without an address"
