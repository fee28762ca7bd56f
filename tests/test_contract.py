"""Who sends and who handles each event, and that every change a customer makes is an event."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from proof.faults.handled import HANDLED
from proof.openapi import app_of
from stagify.events import Event, registered_events
from stagify.events.identity import (
    ApiKeyChanged,
    ApiKeyCreated,
    ApiKeyResumed,
    ApiKeyRevoked,
    ApiKeyRotated,
    ApiKeySuspended,
    EmailChanged,
    FactorAdded,
    FactorRemoved,
    FactorResetCancelled,
    FactorResetRequested,
    InvitationAccepted,
    InvitationCreated,
    InvitationDeclined,
    InvitationLinkCreated,
    InvitationLinkRevoked,
    InvitationResent,
    InvitationRevoked,
    MemberJoined,
    MemberLoggedOut,
    MemberRemoved,
    MemberRestored,
    MemberRoleChanged,
    OwnershipTransferCancelled,
    OwnershipTransferred,
    OwnershipTransferRequested,
    PasswordChanged,
    RecoveryCodeUsed,
    RoleCreated,
    RoleDeleted,
    RoleUpdated,
    ServiceAccountCreated,
    ServiceAccountRemoved,
    ServiceAccountUpdated,
    SessionRevoked,
    UserDeleted,
    UserRegistered,
    UserUpdated,
)
from stagify.events.receipts import IdentityReceiptIssued
from stagify.events.sso import (
    SsoConnectionChanged,
    SsoConnectionCreated,
    SsoConnectionDeleted,
    SsoConnectionTested,
    SsoIdentityLinked,
    SsoLogInRefused,
    SsoLogOutReceived,
)
from stagify.events.staging import (
    ProjectCancelled,
    ProjectChosen,
    ProjectCreated,
    ProjectDeleted,
    ProjectFavoured,
    ProjectRenamed,
    ProjectRestored,
    ProjectRetried,
    ProjectTrashed,
    UploadDeleted,
)
from stagify.events.tenant import (
    BrandingUpdated,
    SignInRulesChanged,
    TenantCreated,
    TenantDirectoryEntry,
)
from stagify.events.usage import UsageRecorded

ROOT = Path(__file__).parents[1]
README = ROOT / "docs/events/README.md"
SENDERS = {
    "tenant-svc": "services/tenant-svc/tenant_svc",
    "identity-svc": "services/identity-svc/identity_svc",
    "staging-svc": "services/staging-svc/staging_svc",
    "usage-svc": "services/usage-svc/usage_svc",
    "gateway": "services/gateway/gateway",
}
NAMES = {cls.__name__ for cls in registered_events().values()}


def named_events(path: Path) -> tuple[set[str], set[str]]:
    """The events that a module makes, and those it names without making them."""
    tree = ast.parse(path.read_text())
    local = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stagify.events")
        for alias in node.names
        if alias.name in NAMES
    }
    made = {local[name] for name in _called(tree) if name in local}
    return made, set(local.values()) - made


def _called(tree: ast.AST) -> Iterator[str]:
    """What is called by its name, or by its `model_validate`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute) and function.attr == "model_validate":
                function = function.value
            if isinstance(function, ast.Name):
                yield function.id


def events_in(deployable: str) -> tuple[set[str], set[str]]:
    """The events that a deployable's code makes, and the others that it names."""
    made: set[str] = set()
    named: set[str] = set()
    for path in (ROOT / SENDERS[deployable]).rglob("*.py"):
        if "testing" not in path.parts:
            here, there = named_events(path)
            made |= here
            named |= there
    return made, named - made


Table = dict[str, tuple[set[str], set[str]]]


def found() -> Table:
    """The senders of each event, found in the code, and its handlers, taken from the consumers."""
    sent = {name: events_in(name)[0] for name in SENDERS}
    handled = {
        name: {registered_events()[each].__name__ for each in types}
        for name, types in HANDLED.items()
    }
    # The ledger takes it in batches; the gateway follows topics without a consumer of the kit.
    handled["usage-svc"] |= {UsageRecorded.__name__}
    handled["gateway"] = events_in("gateway")[1]
    return {
        event: (
            {name for name, events in sent.items() if event in events},
            {name for name, events in handled.items() if event in events},
        )
        for event in NAMES
    }


def told() -> Table:
    """The same, as docs/events/README.md has it."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", README.read_text(), re.MULTILINE)
    return {event: (deployables(sent), deployables(handled)) for event, sent, handled in rows}


def deployables(cell: str) -> set[str]:
    return {name for name in SENDERS if re.search(rf"\b{name}\b", cell)}


def test_every_event_is_sent_by_someone() -> None:
    assert [event for event, (senders, _) in found().items() if not senders] == []


def test_the_page_tells_who_sends_and_who_handles() -> None:
    assert told() == found()


NO_EVENT_YET = "nothing is there yet: "
PROMISE = "a promise to another service for minutes; how it ends is told by the project's events"

# Every route that does not just read → the events it publishes, or why there are none.
Published = dict[str, tuple[type[Event], ...] | str]
ROUTES: dict[str, Published] = {
    "tenant-svc": {
        "ask_for_slug": NO_EVENT_YET + "a sign-up asks whether its name is free",
        "create_tenant": (TenantCreated, TenantDirectoryEntry),
        "change_branding": (BrandingUpdated, TenantDirectoryEntry),
        "change_sign_in_rules": (SignInRulesChanged,),
    },
    "identity-svc": {
        "sign_up": NO_EVENT_YET + "an address is asked whether it wants a tenant",
        "resend_sign_up_code": NO_EVENT_YET + "the same mail once more",
        "confirm_sign_up": (UserRegistered, MemberJoined, IdentityReceiptIssued, UsageRecorded),
        # Log-ins, also refused ones, belong to the security log, which will record both in the
        # same way and with their origin; an event about only one of them would be kept for ever.
        "log_in": "changes nothing of the tenant's; ends the session it replaces as log_out does",
        "log_out": (SessionRevoked,),
        # The session goes on under another id.
        "step_up": (SessionRevoked, RecoveryCodeUsed),
        "verify_log_in": (RecoveryCodeUsed,),
        "ask_for_passkey": NO_EVENT_YET + "a browser is asked for a passkey",
        "start_my_passkey": NO_EVENT_YET + "a browser is asked to make a passkey",
        "add_my_passkey": (FactorAdded, SessionRevoked),
        "rename_my_passkey": (UserUpdated,),
        "remove_my_passkey": (FactorRemoved, SessionRevoked),
        "reset_member_factors": (FactorResetRequested,),
        "refuse_my_factor_resets": (FactorResetCancelled,),
        "delete_me": (MemberRemoved, SessionRevoked, UserDeleted),
        "change_my_email": NO_EVENT_YET + "an address is asked whether it is the person's",
        "confirm_my_email": (EmailChanged, SessionRevoked),
        "undo_email_change": (EmailChanged, SessionRevoked),
        "update_my_mfa": (UserUpdated, SessionRevoked),
        "start_my_totp": NO_EVENT_YET + "an app is being set up",
        "confirm_my_totp": (FactorAdded, SessionRevoked),
        "remove_my_totp": (FactorRemoved, SessionRevoked),
        "renew_my_recovery_codes": (FactorAdded, SessionRevoked),
        "ask_for_new_password": NO_EVENT_YET
        + "an address is asked whether it wants a new password",
        "choose_new_password": (PasswordChanged, SessionRevoked),
        "update_me": (UserUpdated,),
        "change_my_password": (PasswordChanged, SessionRevoked),
        "end_my_session": (SessionRevoked,),
        "end_my_other_sessions": (SessionRevoked,),
        "start_handoff": "gives a browser a random number, and keeps nothing",
        "create_handoff": NO_EVENT_YET + "a way in for a minute; whoever uses it logs in",
        "change_member_role": (MemberRoleChanged,),
        "remove_member": (
            MemberRemoved,
            SessionRevoked,
            ApiKeySuspended,
            InvitationRevoked,
            InvitationLinkRevoked,
            UsageRecorded,
        ),
        "log_out_member": (MemberLoggedOut, SessionRevoked),
        "restore_member": (MemberRestored, ApiKeyResumed, UsageRecorded),
        "create_role": (RoleCreated,),
        "update_role": (RoleUpdated, MemberRoleChanged, ServiceAccountUpdated),
        "delete_role": (RoleDeleted,),
        "request_ownership_transfer": (OwnershipTransferRequested,),
        "confirm_ownership_transfer": (OwnershipTransferred, MemberRoleChanged),
        "cancel_ownership_transfer": (OwnershipTransferCancelled,),
        "invite": (InvitationCreated,),
        "resend_invitation": (InvitationResent,),
        "revoke_invitation": (InvitationRevoked,),
        "look_up_invitation": "a question; it is a POST because a secret stands in no address",
        "accept_invitation": (InvitationAccepted, MemberJoined, UsageRecorded, UserRegistered),
        "accept_my_invitation": (InvitationAccepted, MemberJoined, UsageRecorded),
        "decline_invitation": (InvitationDeclined,),
        "decline_my_invitation": (InvitationDeclined,),
        "ask_for_invitation": (InvitationCreated, InvitationResent),
        "create_invitation_link": (InvitationLinkCreated,),
        "revoke_invitation_link": (InvitationLinkRevoked,),
        "create_service_account": (ServiceAccountCreated,),
        "update_service_account": (ServiceAccountUpdated,),
        "remove_service_account": (ServiceAccountRemoved, ApiKeyRevoked),
        "create_api_key": (ApiKeyCreated,),
        "change_api_key": (ApiKeyChanged,),
        "rotate_api_key": (ApiKeyCreated, ApiKeyRotated, ApiKeyRevoked),
        "revoke_api_key": (ApiKeyRevoked,),
        "report_api_key": (ApiKeyRevoked,),
        "create_sso_connection": (SsoConnectionCreated,),
        "update_sso_connection": (SsoConnectionChanged, SessionRevoked),
        "delete_sso_connection": (SsoConnectionDeleted, SessionRevoked),
        "add_sso_domain": (SsoConnectionChanged,),
        "check_sso_domain": (SsoConnectionChanged,),
        "remove_sso_domain": (SsoConnectionChanged,),
        "start_sso": NO_EVENT_YET + "a browser goes to a provider",
        "finish_sso": (
            SsoConnectionTested,
            SsoIdentityLinked,
            SsoLogInRefused,
            UserRegistered,
            MemberJoined,
            MemberRoleChanged,
            InvitationAccepted,
            UsageRecorded,
            SessionRevoked,
        ),
        "confirm_sso": (SsoIdentityLinked, MemberJoined, InvitationAccepted, UsageRecorded),
        "log_out_of_sso": (SessionRevoked,),
        "take_sso_log_out": (SsoLogOutReceived, SessionRevoked),
        "look_up_credential": "a question; it is a POST because a secret stands in no address",
        "note_uses": "when a key was last used, which is no change of it",
    },
    "staging-svc": {
        "create_upload": NO_EVENT_YET + "a link to put a photo to, for five minutes",
        "create_project": (ProjectCreated,),
        "update_project": (ProjectRenamed, ProjectFavoured),
        "cancel_project": (ProjectCancelled, UsageRecorded),
        "retry_project": (ProjectRetried,),
        "create_variation": (ProjectCreated,),
        "choose_project": (ProjectChosen,),
        "delete_project": (
            ProjectTrashed,
            ProjectCancelled,
            ProjectDeleted,
            UploadDeleted,
            UsageRecorded,
        ),
        "restore_project": (ProjectRestored,),
        "delete_upload": (UploadDeleted,),
    },
    "usage-svc": {"reserve": PROMISE},
}


@pytest.mark.parametrize("service", ROUTES)
class TestRoutes:
    def test_every_changing_route_says_what_it_publishes(self, service: str) -> None:
        assert changing_operations(app_of(service)) == ROUTES[service].keys()

    def test_a_route_publishes_what_its_service_sends(self, service: str) -> None:
        sent, _ = events_in(service)
        for published in ROUTES[service].values():
            if not isinstance(published, str):
                assert {cls.__name__ for cls in published} <= sent


def changing_operations(app: FastAPI) -> set[str]:
    """The operations of the routes that change something."""
    return {
        operation["operationId"]
        for path in app.openapi()["paths"].values()
        for method, operation in path.items()
        if method in ("post", "put", "patch", "delete")
    }
