"""A workbook as Excel 97 wrote it: a sheet of notes and a sheet "Detail" with a title, the header in row 3 and one row."""

from __future__ import annotations

import base64
import zlib

_PACKED = (
    "eNrtWF1oHFUUPjOzv+nuZjdNoqkQh4hVa0OTrNM0D3WdzE62Czsz25lZTETQtDvSJWm2bNZK+qDVGvBFEARB8SXQPvhS64s/+IO++aC06IMgCIkiPvhUUPQh"
    "zXrumZ9NawoNaCC6Z7jn3u/cc+89595zf3avXc2srry3bw1uoUdBgI1WHCKbZBymuA/SgPWtFiv6eQxTq0O7iuIxXMhIGD5OfhVla8jWew14uBL6AjnAj5ie"
    "hDOg1xcccQdpkmyY5ZgNR7kQxh4Pb2NKwQDZ1UP8JPG9xN8l3U+IP0aSV4kfRd1V7gm4mtMPHPHieJoforoUcg4+oDbfk2QU+uBLFscvvMa5umGQG7XZ+V1W"
    "MRhKwEXAJS04C06D4W64BF0Ap08fqlYPLSGtQi8u90X4vSUC/Obv68/Fjnxn5Ryg/M+b5dHbyGO4iLfKX+dDAOeh9TTHgnkZkrASZjVh3LRNZ3EZo/yPiLu3"
    "805ztja/Dpe4fsT9tHfAchyxecoR68ga4uIpx2kOAJTrjeYz9flaXXQbOVXRdM6gEG8AxdBtU1bs+/ra5cliqVTUC5Yt2xXrrrbcMIuFoi7bRUPPy7aawZqK"
    "ZRuaak4VTcvWZU1Nt2Ul2RWl2qLyMUNXR1EHy8qxvGopZrHMuku0B1EMy0aNsjyjqbo9ZarHK6quzOBgujpte2JZMyq6fTdrhbkx5YktxSiVVMVW86huVbR2"
    "hSbnVVQ3KjZ6pefRu0m5JOuKarLeSjgR44claXTikeFRnF/5ZLN21sGlKNUbNVwA7dnr9XNoY3ZEGpYkaXji8NiRIRxB1qyKXhAL2NX0jGiNjYlZSZrIZsek"
    "EWl8fGRkHDftc44zN78kdrELlw7o9E0HdJKOrQTyKnRTOUOHVxrjY/2d699oJ8q5p0hyni5l9+q+n8UJtOBF1gIbp4Ialx+gFg8Tf4l6vYfK+4j3Yjxhvr/c"
    "5xWmLpDOy1S7H8fJEn2be2BT+UEsL/96/MPB5Z9yD2H5cmHtXO/l73IrMIRPiSq2Z98FOMgd5N56k9FHOT/nvEP+B+IDfzvwY3zas73lvU+64QY74pAy7iOG"
    "74H3mSpeCG3aiVkNEU/u4llNbjmrzOPPYJB8z9zmS1Af/BZ98NQH4y5ifQgB4hGFAiQgCgcohCgSoDCiaIAiiGIBiiKKByiGqCtAcUR7AtRFtvpoD6JkgBKI"
    "Ut5sCFt4IpAn3Z6+QJ6weXueZ4jHOX7jGu/VCTQrvibzpCdAzJO9AWKe9Aa9ME9+WffrmCd43MKnOPsCeZK9l9lwlixZfIWNYn3NLP8Z9Tkv1hPuHoCt9kCH"
    "OtShDnXof0zsomAXsuA9WsLeYyjq/a9zA9NG52+S/yyZUMeviT8pVVjAvAFL24qffghzfl/cHbbx/y9k9DiO3oA5OEF2zG07fvExy232544bpv+5LbTd8Te2"
    "Y+e/PP5fXQKEMg=="
)


def old_xls() -> bytes:
    """Its bytes."""
    return zlib.decompress(base64.b64decode(_PACKED))
