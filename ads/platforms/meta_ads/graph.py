"""Meta's Graph API over HTTP: single requests, pages, batches.

The token is sent as a header, as OAuth 2 says, and in the body of a batch, not in addresses. Meta's
own address of a following page has it; only the cursor is taken from there.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from requests.structures import CaseInsensitiveDict

from ads.platforms.http import Answer, Bearer, Client, Deadline
from ads.platforms.interface import OutOfQuota, PlatformError, Unreachable, UnreadableAnswer
from ads.platforms.meta_ads import ENDPOINT, VERSION
from ads.platforms.meta_ads.errors import GraphError, TimedOut, TooMuchData, unreadable
from ads.platforms.meta_ads.usage import Usage

#: Rows on a page; fewer where Meta says that a page would be too large.
PAGE_SIZES: Final = (500, 100, 25)
#: Requests in a batch: Meta takes no more.
BATCH: Final = 50
#: Pages without rows that follow each other. Meta skips what it filters out, so a few are ordinary;
#: its offset paging has been seen never to end.
_MOST_EMPTY_PAGES: Final = 50

#: What leads from one page to the next, of cursor and of offset paging.
_CURSORS: Final = {"after", "offset", "__paging_token"}

_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a batch; with a ``form`` it changes something."""

    path: str
    params: Mapping[str, str]
    form: Mapping[str, str] | None = None


#: What became of one: the object (empty where the body is), an error, or nothing at all.
Outcome = Mapping[str, Any] | GraphError | None


class Graph:
    """The API with one token. ``account`` is whose quotas the answers speak of."""

    def __init__(self, token: str, app_secret: str, endpoint: str, timeout: timedelta) -> None:
        self._client = Client("Meta", is_near=bool(endpoint))
        self._token = token
        self._endpoint = endpoint.rstrip("/") or ENDPOINT
        self._timeout = timeout
        self._proof = {}
        if app_secret:
            proof = hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            self._proof = {"appsecret_proof": proof}
        self._secrets = {token, app_secret, *self._proof.values()}
        self.usage = Usage()
        self.operations = 0
        self.account = ""
        self.deadline = Deadline(timeout)

    def begin(self, account: str = "") -> None:
        self.account = account
        self.deadline = Deadline(self._timeout)

    def get(self, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        answer = self._ask("GET", path, params)
        content = self._checked(answer, answer.json())
        if not isinstance(content, Mapping):
            raise unreadable("something that is not an object")
        return content

    def post(self, path: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Change an object; an empty answer says nothing, so nothing is returned."""
        answer = self._ask("POST", path, {}, form)
        if not answer.body and answer.status < _SERVER_ERROR:
            return {}
        content = self._checked(answer, answer.json())
        return content if isinstance(content, Mapping) else {}

    def pages(self, path: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        sizes = iter(PAGE_SIZES)
        cursor: Mapping[str, str] = {}
        limit = next(sizes)
        seen: set[tuple[tuple[str, str], ...]] = set()
        empty = 0
        while True:
            try:
                page = self.get(path, {**params, **cursor, "limit": str(limit)})
            except TimedOut:
                raise
            except TooMuchData:
                if (smaller := next(sizes, None)) is None:
                    raise
                limit = smaller
                continue
            rows = page.get("data")
            if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
                raise unreadable("a page without rows")
            yield from rows
            empty = 0 if rows else empty + 1
            cursor = _following(page)
            if not cursor:
                return
            key = tuple(sorted(cursor.items()))
            if key in seen or empty > _MOST_EMPTY_PAGES:
                raise unreadable("pages that do not end")
            seen.add(key)

    def batch(self, parts: Sequence[Part]) -> list[Outcome]:
        """What became of each request, in order: one that fails holds up no other.

        Raises:
            PlatformError: of the batch as a whole. With Unreachable and UnreadableAnswer it is not
                known what has been done; with others nothing has.
        """
        content = json.dumps([self._part(part) for part in parts])
        form = {"access_token": self._token, "batch": content, "include_headers": "true"}
        answer = self._send("POST", "/", self._proof, form)
        said = self._checked(answer, answer.json())
        self.operations += len(parts)
        if not isinstance(said, list) or len(said) != len(parts):
            raise unreadable("an unexpected answer to a batch")
        outcomes = [self._outcome(each) for each in said]
        errors = [each for each in outcomes if isinstance(each, GraphError)]
        whole = [each for each in errors if each.is_of_token]
        if len(errors) == len(parts) and all(each.is_quota for each in errors):
            whole += errors
        if whole:
            raise whole[0].as_platform_error(of_account=True)
        return outcomes

    def error(self, content: object, retry_after: timedelta | None = None) -> GraphError | None:
        """The error in an answer, without any secret."""
        return GraphError.read(content, self._secrets, retry_after)

    def close(self) -> None:
        self._client.close()

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        self.operations += 1
        return self._send(method, f"/{VERSION}/{path}", {**params, **self._proof}, form)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        form: Mapping[str, str] | None,
    ) -> Answer:
        return self._client.ask(
            method,
            self._endpoint + path,
            self.deadline,
            auth=Bearer(self._token),
            params=params,
            form=form,
        )

    def _checked(self, answer: Answer, content: object) -> object:
        """The content, unless it is an error; notes what the headers say of quotas."""
        retry_after = self.usage.note(answer.headers, self.account)
        if error := self.error(content, retry_after):
            raise error.as_platform_error(of_account=bool(self.account))
        if answer.status == _TOO_MANY_REQUESTS:
            raise OutOfQuota("Meta received too many requests.", retry_after=retry_after)
        if answer.status >= _SERVER_ERROR:
            raise Unreachable(f"Meta is not available (HTTP {answer.status}).")
        return content

    def _part(self, part: Part) -> Mapping[str, str]:
        query = f"?{urlencode(part.params)}" if part.params else ""
        asked = {"method": "GET", "relative_url": f"{VERSION}/{part.path}{query}"}
        if part.form is not None:
            asked |= {"method": "POST", "body": urlencode(part.form)}
        return asked

    def _outcome(self, said: object) -> Outcome:
        if not isinstance(said, Mapping) or not isinstance(said.get("code"), int):
            return None
        headers = CaseInsensitiveDict(
            (str(each.get("name")), str(each.get("value")))
            for each in said.get("headers") or ()
            if isinstance(each, Mapping)
        )
        retry_after = self.usage.note(headers, self.account)
        body = said.get("body")
        if not body or not isinstance(body, str):
            return {}
        try:
            content = Answer("Meta", said["code"], headers, body.encode()).json()
        except PlatformError:
            return None
        if error := self.error(content, retry_after):
            return error
        return content if isinstance(content, Mapping) else {}


def _following(page: Mapping[str, Any]) -> Mapping[str, str]:
    """The parameters of the following page; none if there is none."""
    paging = page.get("paging")
    address = paging.get("next") if isinstance(paging, Mapping) else None
    if not address:
        return {}
    if not isinstance(address, str):
        raise unreadable("a following page that has no address")
    found = dict(parse_qsl(urlsplit(address).query))
    cursor = {name: value for name, value in found.items() if name in _CURSORS}
    if not cursor:
        raise UnreadableAnswer("Meta sent a following page without a cursor.")
    return cursor
