"""What can go wrong on this machine; each message is for the person at the terminal."""


class LocalError(Exception):
    """The platform cannot be started, stopped or shown."""


class StartError(LocalError):
    """A part did not start; the message says which and shows the end of its log."""


class JarError(LocalError):
    """A jar could not be fetched, or is not the one that was locked."""


class AlreadyRunningError(LocalError):
    """Another process runs the platform from this folder."""


class NotRunningError(LocalError):
    """There is no running platform in this folder."""


class CustomerError(LocalError):
    """A customer was refused."""


class WaitedError(LocalError):
    """Something did not happen within the time that we wait for it."""
