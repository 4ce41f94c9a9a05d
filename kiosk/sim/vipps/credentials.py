"""The keys of the one sales unit that the simulator knows. They are fixed and open no other door."""

CLIENT_ID = "00000000-0000-4000-8000-000000000001"
CLIENT_SECRET = "simulator-secret"  # noqa: S105 (a toy's own)
SUBSCRIPTION_KEY = "simulator-subscription-key"
MSN = "123456"
