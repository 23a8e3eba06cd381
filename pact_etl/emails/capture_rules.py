"""What SendGrid refuses about a mail, as far as it documents it. For the capture server only.

At least as strict as the provider's OpenAPI document, plus the documented rules that a schema
cannot say: each address once per call, a subject and content unless a template brings them.
"""

from collections import Counter
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

_ADDRESS = r"^[^@\s\"(),:;<>\[\]\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
_RECIPIENTS = 1000
_BYPASS = "bypass_list_management"

Text = Annotated[str, Field(min_length=1)]
ABSENT: Any = None
"""A default is not validated, so a key may be missing but never null."""


class _Strict(BaseModel):
    """No key that is not known, no value of another type."""

    model_config = ConfigDict(strict=True, extra="forbid")


class _Address(_Strict):
    email: Annotated[str, Field(pattern=_ADDRESS)]
    name: str = ""


class _Personalization(_Strict):
    to: Annotated[list[_Address], Field(min_length=1, max_length=_RECIPIENTS)]
    cc: Annotated[list[_Address], Field(max_length=_RECIPIENTS)] = []
    bcc: Annotated[list[_Address], Field(max_length=_RECIPIENTS)] = []
    sender: Annotated[_Address, Field(alias="from")] = ABSENT
    subject: Text = ABSENT
    headers: dict[str, str] = {}
    substitutions: Annotated[dict[str, str], Field(max_length=10_000)] = {}
    dynamic_template_data: dict[str, Any] = {}
    custom_args: dict[str, str] = {}
    send_at: int = 0


class _Content(_Strict):
    type: Text
    value: Text


class _Attachment(_Strict):
    content: Text
    filename: str
    type: Text = ABSENT
    disposition: Annotated[str, Field(pattern="^(inline|attachment)$")] = "attachment"
    content_id: str = ""


class _Unsubscribe(_Strict):
    group_id: int
    groups_to_display: Annotated[list[int], Field(max_length=25)] = []


class _Setting(BaseModel):
    """One switch of the mail or tracking settings; its further texts are not looked at."""

    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, str | bool]
    enable: bool = False


class _Mail(_Strict):
    personalizations: Annotated[list[_Personalization], Field(min_length=1, max_length=_RECIPIENTS)]
    sender: Annotated[_Address, Field(alias="from")]
    reply_to: _Address = ABSENT
    reply_to_list: Annotated[list[_Address], Field(max_length=_RECIPIENTS)] = []
    subject: Text = ABSENT
    content: Annotated[list[_Content], Field(min_length=1)] = ABSENT
    attachments: list[_Attachment] = []
    template_id: Text = ABSENT
    headers: dict[str, str] = {}
    categories: Annotated[list[Annotated[str, Field(max_length=255)]], Field(max_length=10)] = []
    # The document types it as a text here, and as an object inside a personalization.
    custom_args: str = ""
    send_at: int = 0
    batch_id: str = ""
    asm: _Unsubscribe = ABSENT
    ip_pool_name: Annotated[str, Field(min_length=2, max_length=64)] = ABSENT
    mail_settings: dict[str, _Setting] = {}
    tracking_settings: dict[str, _Setting] = {}

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        everywhere = all("subject" in block.model_fields_set for block in self.personalizations)
        if not (self.subject or self.template_id or everywhere):
            raise ValueError("The subject is required.")
        if not (self.content or self.template_id):
            raise ValueError("Unless a valid template_id is provided, the content is required.")
        kinds = [part.type for part in self.content or []]
        if "text/plain" in kinds[1:] or kinds.count("text/html") > 1:
            raise ValueError("text/plain must be first, followed by text/html, each once.")
        return self

    @model_validator(mode="after")
    def _sends_once(self) -> Self:
        lists = [[*block.to, *block.cc, *block.bcc] for block in self.personalizations]
        times = Counter(entry.email.lower() for entries in lists for entry in entries)
        if times.total() > _RECIPIENTS:
            raise ValueError("There is a limit of 1000 total recipients (to + cc + bcc).")
        if times.total() > len(times):
            raise ValueError("Each unique email address should only be included once.")
        if len(set(self.categories)) < len(self.categories):
            raise ValueError("Categories must be unique.")
        return self

    @model_validator(mode="after")
    def _bypasses_one_way(self) -> Self:
        bypasses = [name for name in self.mail_settings if name.startswith("bypass_")]
        if _BYPASS in bypasses and len(bypasses) > 1:
            raise ValueError(f"{_BYPASS} cannot be combined with the finer bypasses.")
        return self


def faults_of(mail: object) -> list[dict[str, str]]:
    """What is wrong with the body of one call to /v3/mail/send, in the provider's form.

    Args:
        mail: the decoded JSON.

    Returns:
        The `errors` of the answer; empty where the mail would be accepted.
    """
    try:
        _Mail.model_validate(mail)
    except ValidationError as error:
        return [
            {"message": fault["msg"], "field": ".".join(map(str, fault["loc"]))}
            for fault in error.errors()
        ]
    return []
