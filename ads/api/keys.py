"""What a key is and may do, for those who hold it."""

from typing import Annotated

from ninja import Field, Router, Schema

from ads.api.frame import ApiKey, ApiRequest, quota_of

router = Router(tags=["key"])


class KeyAnswer(Schema):
    """The key that the request was made with."""

    name: Annotated[str, Field(examples=["ETL"])]
    source: Annotated[
        str, Field(description="What it sends is recorded under this source.", examples=["etl"])
    ]
    scopes: Annotated[list[str], Field(examples=[["spend:write"]])]
    brands: Annotated[
        list[int] | None,
        Field(description="Ids of the brands that it may see and write; null: every brand."),
    ]
    requests_per_minute: int


@router.get("", auth=ApiKey(), response=KeyAnswer, operation_id="get_key", summary="This key")
def get_key(request: ApiRequest) -> KeyAnswer:
    """Whether the key is good, and what it may do; for trying it out."""
    caller = request.auth
    return KeyAnswer(
        name=caller.name,
        source=caller.source,
        scopes=sorted(caller.scopes),
        brands=None if caller.brand_ids is None else sorted(caller.brand_ids),
        requests_per_minute=quota_of(caller),
    )
