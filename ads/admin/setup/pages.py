"""Setting brands and campaigns up by file: upload, preview, confirm.

The rows of the file stand in the page with the preview, signed, so what is confirmed is what was
read. What they would do is worked out anew when they are confirmed, and compared.
"""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core import signing
from django.db.models import QuerySet
from django.forms import Media, Script
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ads.admin.base import ExportsCsv, file_of
from ads.admin.imports import ACCEPTED, ENCODINGS
from ads.admin.setup import text
from ads.models import Brand, Campaign
from ads.services import setup, visible
from ads.services.exports import Export
from ads.services.setup import (
    ChangedMeanwhile,
    Preview,
    Problem,
    RowsRefused,
    SetupRefused,
    Sheet,
)

#: The largest file, in bytes. Its rows have to fit into a form besides, compressed.
MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PACKED: Final = 2_400_000

#: How long a preview can be confirmed, in seconds.
VALID_FOR: Final = 24 * 60 * 60

_SCRIPTS: Final[list[Any]] = [Script("ads/imports.js", defer=True)]

SALT: Final = "ads.setup"
KEPT: Final = "kept"

#: What a file may do, each of which somebody has to be allowed to do.
PERMISSIONS: Final = (
    "ads.change_brand",
    "ads.add_campaign",
    "ads.change_campaign",
    "ads.add_campaignreference",
    "ads.delete_campaignreference",
)


class UploadForm(forms.Form):
    """A file, and its encoding where that is not plain to see."""

    file = forms.FileField(widget=forms.FileInput(attrs={"accept": ACCEPTED}))
    encoding = forms.ChoiceField(
        required=False,
        choices=[
            ("", "UTF-8 or UTF-16, detected"),
            *((code, label) for code, label in ENCODINGS.items() if not code.startswith("utf")),
        ],
        help_text="Of a CSV. Excel's plain “CSV” is in its computer's own encoding.",
        widget=UnfoldAdminSelectWidget,
    )

    sheet = forms.CharField(
        required=False,
        help_text="Of a workbook with several sheets: the name of the one to read.",
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                f"The file is larger than {filesizeformat(MOST_BYTES)}. Split it, or apply it on "
                "the server: manage.py import_setup FILE."
            )
        return file


class SetsUpByFile(ExportsCsv):
    actions_list = [*ExportsCsv.actions_list, "download_setup", "set_up_by_file"]
    of_matching = (*ExportsCsv.of_matching, "/setup-file/")

    def setup_of(self, rows: QuerySet[Any]) -> Export:
        raise NotImplementedError

    def has_set_up_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        # Whoever is limited to brands adds none, by a file either.
        adds = [] if visible.brand_ids() is not None else ["ads.add_brand"]
        return request.user.has_perms([*PERMISSIONS, *adds])

    @action(
        description="Download setup file",
        url_path="setup-file",
        permissions=["view", "set_up"],
        icon="table_view",
    )
    def download_setup(self, request: HttpRequest) -> HttpResponseBase:
        """Everything that matches the filters and the search, as a file to edit and read back."""
        return self.export_matching(request, self.setup_of)

    @action(
        description="Set up by file",
        url_path="setup",
        permissions=["view", "set_up"],
        icon="upload_file",
    )
    def set_up_by_file(self, request: HttpRequest) -> HttpResponseBase:
        """Upload a file, see everything that it would change, and confirm it."""
        if KEPT in request.POST:
            return self._confirmed(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method != "POST" or not form.is_valid():
            return self._setup_page(request, form)
        file = form.cleaned_data["file"]
        try:
            options = {name: form.cleaned_data[name] or None for name in ("encoding", "sheet")}
            sheet = Sheet.read(file, file.name, **options)
            found = setup.preview(sheet, timezone.now())
            return self._setup_page(request, form, found)
        except RowsRefused as error:
            return self._setup_page(request, form, problems=error.problems, name=file.name)
        except SetupRefused as error:
            form.add_error("file", text.without_options(str(error)))
            return self._setup_page(request, form)

    def _confirmed(self, request: HttpRequest) -> HttpResponseBase:
        form = UploadForm()
        try:
            rows, digests = signing.loads(request.POST[KEPT], salt=SALT, max_age=VALID_FOR)
        except signing.BadSignature:
            form = UploadForm({})
            form.errors["file"] = form.error_class(
                ["The preview is more than a day old, or incomplete. Upload the file again."]
            )
            return self._setup_page(request, form)
        sheet = Sheet.from_json(rows)
        now = timezone.now()
        try:
            if "changes" in request.POST:
                return file_of(setup.export_changes(setup.preview(sheet, now).plan))
            seen = {int(line): digest for line, digest in digests.items()}
            done = setup.apply(sheet, now, seen=seen)
        except RowsRefused as error:
            return self._setup_page(request, form, problems=error.problems, name=sheet.name)
        except ChangedMeanwhile as error:
            return self._setup_page(request, form, setup.preview(sheet, now), meanwhile=error)
        except SetupRefused as error:
            return self._setup_page(request, form, setup.preview(sheet, now), refused=str(error))
        changed = format_html(
            '{} <a class="ads-said" href="{}?changed_in={}">Show the campaigns</a>',
            text.done(done, sheet.name),
            reverse("admin:ads_campaign_changelist"),
            done.context,
        )
        self.message_user(request, changed, messages.SUCCESS)
        for sentence in done.left_behind():
            self.message_user(request, sentence, messages.WARNING)
        return HttpResponseRedirect(self._list())

    def _list(self) -> str:
        return reverse(f"admin:ads_{self.opts.model_name}_changelist")

    def _setup_page(
        self,
        request: HttpRequest,
        form: UploadForm,
        found: Preview | None = None,
        *,
        problems: list[Problem] | None = None,
        name: str = "",
        meanwhile: ChangedMeanwhile | None = None,
        refused: str = "",
    ) -> HttpResponseBase:
        kept = ""
        if found and found.plan.changed:
            kept = signing.dumps(
                [found.sheet.as_json(), found.plan.digests()], salt=SALT, compress=True
            )
            if len(kept) > MOST_PACKED:
                found = None
                form.add_error(
                    "file",
                    "The file has more rows than a page can keep. Split it, or apply it on the "
                    "server: manage.py import_setup FILE.",
                )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": "Set up by file",
            "form": form,
            "most": MOST_BYTES,
            "kept": kept,
            "back": self._list(),
            "download": reverse("admin:ads_brand_download_setup"),
            "columns": text.COLUMNS,
            **(text.previewed(found) if found else {}),
            **(text.refused(problems, name) if problems else {}),
            "meanwhile": text.meanwhile(meanwhile) if meanwhile else None,
            "refused": refused,
            "media": self.media
            + form.media
            + Media(
                css={"all": ["ads/imports.css", "ads/actions.css", "ads/setup.css"]},
                js=_SCRIPTS,
            ),
        }
        return TemplateResponse(request, "ads/admin/setup.html", context)


def of_brands(brands: QuerySet[Brand]) -> Export:
    return setup.export(brands, Campaign.objects.all())


def of_campaigns(campaigns: QuerySet[Campaign]) -> Export:
    theirs = campaigns.order_by().values("pk")
    brands = Brand.objects.filter(campaigns__in=theirs).distinct()
    return setup.export(brands, Campaign.objects.filter(pk__in=theirs))
