"""Which JSON of a Google export describes which photo; names as they are in published exports and bug reports."""

import unicodedata

import pytest

from mcsearch.photos.takeout.names import TakeoutNames

LONG = "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_"
WEDDING = "Backyard_ceremony_wedding_photography_xxxxxxx_"
EMOJI = "😀😃😄😁😆😅😂🤣🥲☺️😊😇🙂🙃😉😌😍🥰😘😗😙😚😋"


@pytest.mark.parametrize(
    ("json", "photo"),
    [
        ("PXL_20211013_220651983.jpg.json", "PXL_20211013_220651983.jpg"),
        ("x.jpg.supplemental-metadata.json", "x.jpg"),
        ("x.jpg.suppl.json", "x.jpg"),
        ("X.JPG.JSON", "x.jpg"),
        ("20161105_170829.jpg.supplemental-metadata.json", "20161105_170829.jpg"),
        ("Screenshot_20231027_123303_Facebook.jpg.supple.json", "Screenshot_20231027_123303_Facebook.jpg"),
        ("MVIMG_20191230_232926.jpg.supplemental-metadat.json", "MVIMG_20191230_232926.jpg"),
        ("Screenshot_2024-08-31-00-53-48-647_com.snapcha.json", "Screenshot_2024-08-31-00-53-48-647_com.snapchat.jpg"),
        ("PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGIN.json", "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINA.jpg"),
        ("PXL_20230814_201154491.LONG_EXPOSURE-01.COVER..json", "PXL_20230814_201154491.LONG_EXPOSURE-01.COVER.jpg"),
        ("05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jp.json", "05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jpg"),
        (f"{EMOJI}.json", f"{EMOJI}😛.jpg"),
        ("PXL_20210102_221126856.MP~2.jpg.json", "PXL_20210102_221126856.MP~2.jpg"),
        # numbers
        ("DSC_0101.JPG(1).json", "DSC_0101(1).JPG"),
        ("Scan35.jpg.supplemental-metadata(1).json", "Scan35(1).jpg"),
        ("CLIP0001.AVI.supplemental-metadata(10).json", "CLIP0001(10).AVI"),
        ("Screenshot_20231027_123303_Facebook.jpg.supple(1).json", "Screenshot_20231027_123303_Facebook(1).jpg"),
        (f"{'9' * 42}_n.j(1).json", f"{'9' * 42}_n(1).jpg"),
        (f"{WEDDING}(494).json", f"{WEDDING}m(494).jpg"),
        ("scan(2).jpg.json", "scan(2).jpg"),
        # edited
        ("PXL_20220405_090123740.PORTRAIT.jpg.json", "PXL_20220405_090123740.PORTRAIT-modifié.jpg"),
        ("x.jpg.json", unicodedata.normalize("NFD", "x-modifié.jpg")),
        ("x.jpg.json", "x-bearbeitet.jpg"),
        ("IMG-20230325-WA0122~2.jpg.supplemental-metadat.json", "IMG-20230325-WA0122~2-edited.jpg"),
        ("Screenshot_20231027_123303_Facebook.jpg.supple.json", "Screenshot_20231027_123303_Facebook-edited.jpg"),
        ("x.jpg.supplemental-metadata(1).json", "x-edited(1).jpg"),
        ("IMG_0170.HEIC.supplemental-metadata.json", "IMG_0170-edited.jpg"),
        ("2234089303984509579.supplemental-metadata.json", "2234089303984509579-edited.jpg"),
        (f"{LONG}.json", f"{LONG}P.jpg"),
        (f"{LONG}.json", f"{LONG}P(1).jpg"),
        # titles without a suffix
        ("20030616.json", "20030616.jpg"),
        ("27_06_12 - 2.json", "27_06_12 - 2.jpg"),
    ],
)  # fmt: skip
def test_a_json_describes_its_photo(json: str, photo: str) -> None:
    assert TakeoutNames([json, photo, "metadata.json"]).of(photo) == [json]


@pytest.mark.parametrize(
    ("json", "photo"),
    [
        ("PXL_20211013_220651983.jpg.json", "PXL_20211013_220651958.jpg"),
        ("PXL_20220405_090123740.PORTRAIT.jpg.json", "PXL_20220405_090123741.PORTRAIT-modifié.jpg"),
        ("DSC_0102.JPG(2).json", "DSC_0102(1).JPG"),
        ("DSC_0103.JPG(1).json", "DSC_0103.JPG"),
        ("DSC_0104.JPG.json", "DSC_0104(1).JPG"),
        (f"{WEDDING}(494).json", f"{WEDDING}m(185).jpg"),
        ("metadata.json", "x.jpg"),
        ("beach.jpg.json", "beach-sunset.jpg"),
        ("image000000.gif.json", "image000000.jpg"),
        ("x.jpg.xmp", "x.jpg"),
    ],
)
def test_a_json_does_not_describe_another_photo(json: str, photo: str) -> None:
    assert TakeoutNames([json]).of(photo) == []


def test_the_surest_match_wins() -> None:
    names = TakeoutNames(["x.jpg.json", "x-edited.jpg.json", "x(1).jpg.json", "x.jpg(1).json", "X.JPG.json"])
    assert names.of("x-edited.jpg") == ["x-edited.jpg.json"]
    assert names.of("x(1).jpg") == ["x(1).jpg.json"]
    assert names.of("x.jpg") == ["x.jpg.json"]
    assert names.of("X.JPG") == ["X.JPG.json"]
    assert TakeoutNames(["x.jpg.json", "x.jpg.supplemental-metadata.json"]).of("x.jpg") == [
        "x.jpg.json",
        "x.jpg.supplemental-metadata.json",
    ]
