"""Reminder emails: composing them, and handing them to the mail service once.

When one is due, and what follows when it does not arrive, is decided by the steps.
"""
