"""How long a guesser has to wait, and which addresses are one mailbox to a limit.

Three numbers decide what guessing costs (docs/decisions/0014-limits-by-account-and-source.md): the tries
that are free, how fast waits grow, and the longest wait. Whoever has not failed yet never waits.
"""

from datetime import timedelta

from email_validator import validate_email

# So many failures of one guesser at one account cost nothing, if nobody else attacks the account.
FREE_FAILURES = 5
FIRST_WAIT = timedelta(seconds=30)
# So many failures of strangers at the account, in a day, count as one more of each of them.
STRANGERS_PER_STEP = 50
# The longest wait after the first failure, the second, and each further one: somebody who mistypes
# once on a new device gets in soon, however heavy the attack.
LONGEST_WAITS = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
# No wait grows beyond this power of two, long past the longest.
_MAX_DOUBLINGS = 20

# A prefix that contains others counts as one guesser after so many failures as one of them has after
# one, and may do so many times what one of them may.
WIDER = 8

# Two names of one provider.
_SAME_DOMAIN = {"googlemail.com": "gmail.com"}


def wait_after(failures: int, strangers: int = 0) -> timedelta:
    """How long after its last failure a guesser with so many `failures` at an account has to wait, if
    strangers have failed there `strangers` times within a day."""
    if failures == 0:
        return timedelta(0)
    doublings = failures + strangers // STRANGERS_PER_STEP - FREE_FAILURES
    if doublings < 0:
        return timedelta(0)
    longest = LONGEST_WAITS[min(failures, len(LONGEST_WAITS)) - 1]
    return min(FIRST_WAIT * (1 << min(doublings, _MAX_DOUBLINGS)), longest)


def mailbox_of(email: str) -> str:
    """The mailbox that a valid address probably belongs to, for limits alone.

    Many providers ignore what follows a plus, some ignore dots, all ignore case. That is true of no
    provider for certain, so two spellings are never taken for one person.
    """
    valid = validate_email(email, check_deliverability=False)
    # The domain in ASCII (IDNA), in which every spelling of it is the same.
    local, domain = valid.local_part, (valid.ascii_domain or valid.domain).lower()
    box = local.casefold().partition("+")[0].replace(".", "") or local.casefold()
    return f"{box}@{_SAME_DOMAIN.get(domain, domain)}"
