"""What can go wrong with service accounts."""

from stagify.errors import ConflictError, InvalidInputError, Members, NotFoundError


class ServiceAccountNotFoundError(NotFoundError):
    """This service account does not exist."""

    code = "service_account_not_found"


class ServiceAccountNameTakenError(ConflictError):
    """There is a service account of this name already."""

    code = "service_account_name_taken"


class TooManyServiceAccountsError(ConflictError):
    """This workspace has as many service accounts as it may: remove one first."""

    code = "too_many_service_accounts"
    example = Members(limit=50)


class RoleForPeopleError(InvalidInputError):
    """Only people can own a workspace: give the service account another role."""

    code = "role_for_people"
