"""The commands behind `kiosk`; `__main__` only joins them together."""
