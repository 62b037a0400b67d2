"""Errors that a user can mend: the text is the whole message, and no stack trace is shown."""


class UserError(Exception):
    """Says what was seen, what was expected and what to do now. exit_code: what the command ends with."""

    exit_code = 1
