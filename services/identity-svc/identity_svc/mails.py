"""Every mail of identity-svc, collected for the previews (`make mails`) and for the tests."""

from identity_svc.addresses import mail as addresses
from identity_svc.api_keys import mail as api_keys
from identity_svc.factors import mail as factors
from identity_svc.invitations import mail as invitations
from identity_svc.lost_factors import mail as lost_factors
from identity_svc.ownership import mail as ownership
from identity_svc.password_resets import mail as password_resets
from identity_svc.sessions import mail as sessions
from identity_svc.signup import mail as signup
from identity_svc.sso import mail as sso

MAILS = (
    signup.CODE,
    signup.KNOWN,
    password_resets.RESET,
    password_resets.CHANGED,
    factors.CHANGED,
    factors.CODE_USED,
    lost_factors.ASKED,
    sessions.NEW_DEVICE,
    addresses.CODE,
    addresses.CHANGING,
    addresses.CHANGED,
    invitations.INVITED,
    invitations.ASKED_FOR,
    ownership.ASKED,
    api_keys.EXPIRES,
    api_keys.REPORTED,
    sso.ENDED,
    sso.NEW_DEVICE,
    sso.MISSING,
    sso.LAPSED,
)
