"""Reads a sample page once, when the fork server imports this module, so that every child starts warm.

PDFium and pypdf initialise tables, fonts and patterns at their first use, which takes 10 ms of a first page.
"""

import mmap

from extract.limits import DocumentLimits
from extract.pdf import pdf_reader

_PAGE = b"""%PDF-1.4
1 0 obj
<</Type/Catalog/Pages 2 0 R>>
endobj
2 0 obj
<</Type/Pages/Kids[3 0 R]/Count 1>>
endobj
3 0 obj
<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R
/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>
endobj
4 0 obj
<</Length 59>>
stream
BT /F 12 Tf 72 720 Td (A page to warm up with, and more) Tj ET
endstream
endobj
trailer
<</Root 1 0 R/Size 5>>
%%EOF
"""


def _read_sample_page() -> None:
    mapped = mmap.mmap(-1, len(_PAGE))
    mapped.write(_PAGE)
    mapped.seek(0)
    pdf_reader.read_pdf({"strict": True}, mapped, DocumentLimits(), lambda _head, _body=b"": None)


_read_sample_page()
