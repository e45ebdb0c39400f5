"""What can go wrong, by the exit code that tells it."""


class HarnessError(Exception):
    """A message for the user; `code` is the exit code of the program."""

    code = 1


class WrongInput(HarnessError):
    """The scenario or the command line is wrong."""

    code = 2


class Missing(HarnessError):
    """Something that this machine does not have: QEMU, a compiler, a kernel."""

    code = 3


class RecordingFailed(HarnessError):
    """The guest did not come up, or did not answer in time."""

    code = 4


class Interrupted(HarnessError):
    """The user has had enough."""

    code = 130
