"""What a person should know of an export before it begins."""

from __future__ import annotations

from stemdesk.core.errors import SettingsError
from stemdesk.core.export_order import Clipping, ExportOrder, PartKind
from stemdesk.core.template import tells_parts_apart
from stemdesk.gui import export_words as words


def warnings(order: ExportOrder, stems: int) -> list[str]:
    """In whole sentences. `stems`: how many the songs have."""
    said = []
    kinds = [part.kind for part in order.parts]
    lossy = [one.kind for one in order.formats if not one.lossless]
    stems_wanted = PartKind.STEM in kinds
    if order.exact_sum and lossy and stems_wanted:
        said.append(words.lossy_sum(list(dict.fromkeys(lossy))))
    if order.exact_sum and PartKind.RESIDUAL in kinds:
        said.append(words.RESIDUAL_SILENT)
    integers = any(one.lossless and one.bits != 32 for one in order.formats)
    if order.clipping is Clipping.OFF and integers and not order.exact_sum:
        said.append(words.WILL_CLIP)
    several = len(kinds) > 1 or (stems_wanted and not order.parts[0].stem and stems > 1)
    if several and not _tells_apart(order.template):
        said.append(words.NOT_APART)
    return said


def _tells_apart(template: str) -> bool:
    try:
        return tells_parts_apart(template)
    except SettingsError:
        return True  # the preview says what is wrong with it
