"""What the key in use is and may do."""

from typing import Annotated

from ninja import Field, Router, Schema

from ads.api.frame import ApiKey, ApiRequest, quota_of

router = Router(tags=["key"])


class KeyAnswer(Schema):
    """The key of this request."""

    name: Annotated[str, Field(examples=["ETL"])]
    source: Annotated[
        str, Field(description="Source under which its spend is recorded.", examples=["etl"])
    ]
    scopes: Annotated[list[str], Field(examples=[["spend:write"]])]
    brands: Annotated[
        list[int] | None,
        Field(description="Ids of the brands it may read and write; null: every brand."),
    ]
    requests_per_minute: int


@router.get("", auth=ApiKey(), response=KeyAnswer, summary="This key")
def get_key(request: ApiRequest) -> KeyAnswer:
    """Check that a key works, and what it may do."""
    caller = request.auth
    return KeyAnswer(
        name=caller.name,
        source=caller.source,
        scopes=sorted(caller.scopes),
        brands=None if caller.brand_ids is None else sorted(caller.brand_ids),
        requests_per_minute=quota_of(caller),
    )
