"""What was rendered lately for the sites: there are too many tenants to keep the pages of all."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from gateway.hosts.sites import Site

_Page = TypeVar("_Page")

# A page takes about 10 KiB, and a tenth of a millisecond to make.
_MOST = 1000


class Rendered(Generic[_Page]):
    """The pages that were asked for last, each for one version of a site's record."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._pages: OrderedDict[tuple[bytes, str], tuple[Site, _Page]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pages)

    def get(self, site: Site, form: str, make: Callable[[], _Page]) -> _Page:
        """The page of `site` in this form; `make` makes it if there is none of this version."""
        # The id of a tenant, or a host of the platform's own: no host name is as short as an id.
        key = (site.key or site.host, form)
        kept = self._pages.get(key)
        if kept is not None and kept[0] is site:
            self._pages.move_to_end(key)
            return kept[1]
        page = make()
        self._pages[key] = site, page
        self._pages.move_to_end(key)
        if len(self._pages) > self._most:
            self._pages.popitem(last=False)
        return page
