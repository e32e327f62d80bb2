"""Dates in file names: a table of what cameras, phones, messengers, screenshot tools and scanners write."""

import datetime

import pytest

from mcsearch.photos.facts.name_dates import name_date

DAY, TIME, AFTERNOON, UTC = "2023-06-12", "2023-06-12T10:11:12", "2023-06-12T22:11:12", "2023-06-12T10:11:12+00:00"
MINUTE = "2023-06-12T10:11:00"

CAMERAS_AND_PHONES = {
    "IMG_20230612_101112.jpg": TIME,
    "IMG_20230612_101112345_HDR.jpg": TIME,
    "IMG_20230612_101112~2.jpg": TIME,
    "IMG_20230612_101112_1.jpg": TIME,
    "IMG_20230612_101112_BURST001_COVER.jpg": TIME,
    "IMG_20230612_101112(1).jpg": TIME,
    "IMG_20230612_101112-edited.jpg": TIME,
    "IMG_20230612_101112_edit_1234567890.jpg": TIME,
    "IMG20230612101112.jpg": TIME,  # OnePlus, Oppo, Realme
    "IMG20230612101112_01.jpg": TIME,
    "VID20230612101112.mp4": TIME,
    "VID_20230612_101112.mp4": TIME,
    "VID_20230612_101112_00_001.insv": TIME,  # Insta360
    "IMG_20230612_101112Z.jpg": UTC,  # Open Camera, set to UTC
    "PXL_20230612_101112345.MP.jpg": UTC,  # Google's Pixels name in UTC
    "PXL_20230612_101112345.PORTRAIT-01.COVER.jpg": UTC,
    "PXL_20230612_101112345~2.jpg": UTC,
    "PXL_20230612_101112345.TS.mp4": UTC,
    "MVIMG_20230612_101112.jpg": TIME,
    "PANO_20230612_101112.vr.jpg": TIME,
    "00000IMG_00000_BURST20230612101112345_COVER.jpg": TIME,
    "00100dPORTRAIT_00100_BURST20230612101112345_COVER.jpg": TIME,
    "20230612_101112.jpg": TIME,  # Samsung
    "20230612_101112(0).jpg": TIME,
    "20230612_101112_001.jpg": TIME,
    "2023-06-12-10-11-12.jpg": TIME,
    "2023-06-12_10-11-12_123.jpg": TIME,  # Motorola
    "2023-06-12 10.11.12.jpg": TIME,  # Dropbox
    "2023-06-12 10.11.12-1.jpg": TIME,
    "WIN_20230612_10_11_12_Pro.jpg": TIME,
    "WIN_20230612_101112.JPG": TIME,
    "WP_20230612_10_11_12_Rich.jpg": TIME,
    "WP_20230612_001.jpg": DAY,
    "WP_20230612_101112Z.mp4": UTC,
    "IMG00012-20230612-1011.jpg": MINUTE,  # BlackBerry
    "IMG-20230612-00123.jpg": DAY,
    "DJI_20230612101112_0001_D.JPG": TIME,
    "dji_fly_20230612_101112_123_1686564672000_photo.jpg": TIME,
    "dji_mimo_20230612_101112_20230612101112_1686564672345_photo.jpg": TIME,
    "20230612101112.m2ts": TIME,
    "20230612_C0001.MP4": DAY,  # Sony
    "2023_0612_101112_001F.MP4": TIME,  # Viofo
    "NO20230612-101112-000123F.MP4": TIME,  # 70mai
    "FILE230612-101112-000123F.MP4": TIME,  # Novatek
    "2023-06-12_10-11-12-front.mp4": TIME,  # Tesla
    "192.168.1.64_01_20230612101112345_MOTION_DETECTION.jpg": TIME,  # Hikvision
    "RLC-510A_00_20230612101112.jpg": TIME,  # Reolink
    "pt2023_06_12_10_11_12.jpg": TIME,  # Camera360
    "C360_2023-06-12-10-11-12-345.jpg": TIME,
    "B612_20230612_101112_345.jpg": TIME,
    "BeautyPlus_20230612101112345_save.jpg": TIME,
    "InShot_20230612_101112345.jpg": TIME,
    "retouch_2023061210111234.jpg": TIME,
    "Picsart_23-06-12_10-11-12-345.jpg": TIME,
    "lv_0_20230612101112.mp4": TIME,  # CapCut
    "Photo on 2023-06-12 at 10.11.jpg": MINUTE,  # Photo Booth
    "Photo on 2023-06-12 at 10.11 #2.jpg": MINUTE,
    "Photo Jun 12 2023, 10 11 12 PM.jpg": AFTERNOON,  # iOS Files
    "Photo 12-06-2023, 10 11 12.jpg": TIME,
    "20230612_101112345_iOS.jpg": UTC,  # OneDrive
    "20230612T101112.jpg": TIME,
    "20230612T101112Z.jpg": UTC,
    "2023-06-12T10-11-12Z.jpg": UTC,
    "2023-06-12T10:11:12+02:00.jpg": TIME + "+02:00",
    "original_f47ac10b-58cc-4372-a567-0e02b2c3d479_PXL_20230612_101112345.jpg": UTC,
    "dji_export_1686564672123.jpg": UTC,
    "PicsArt_1686564672000.jpg": UTC,
    "230612_101112_001_FH.MP4": TIME,  # Nextbase
    "Foto 12.06.23, 10 11 12.jpg": TIME,  # iOS in German
}
MESSENGERS = {
    "IMG-20230612-WA0001.jpg": DAY,
    "VID-20230612-WA0001.mp4": DAY,
    "STK-20230612-WA0001.webp": DAY,
    "WhatsApp Image 2023-06-12 at 10.11.12.jpeg": TIME,
    "WhatsApp Image 2023-06-12 at 10.11.12_1a2b3c4d.jpg": TIME,
    "WhatsApp Image 2023-06-12 at 10.11.12 PM (1).jpeg": AFTERNOON,
    "WhatsApp Video 2023-06-12 at 10.11.12.mp4": TIME,
    "WhatsApp Bild 2023-06-12 um 10.11.12.jpeg": TIME,
    "Imagen de WhatsApp 2023-06-12 a las 10.11.12_1a2b3c4d.jpg": TIME,
    "Immagine WhatsApp 2023-06-12 ore 10.11.12_1a2b3c4d.jpg": TIME,
    "00000012-PHOTO-2023-06-12-10-11-12.jpg": TIME,
    "signal-2023-06-12-101112.jpeg": TIME,
    "signal-2023-06-12-101112_002.jpeg": TIME,
    "signal-2023-06-12-10-11-12-345.jpg": TIME,
    "signal-attachment-2023-06-12-101112.jpg": TIME,
    "photo_2023-06-12_10-11-12.jpg": TIME,  # Telegram
    "photo_2023-06-12 10.11.12.jpeg": TIME,
    "photo_2023-06-12_10-11-12 (2).jpg": TIME,
    "video_2023-06-12_10-11-12.mp4": TIME,
    "photo_12@12-06-2023_10-11-12.jpg": TIME,
    "video_1@12-06-2023_10-11-12.mp4": TIME,
    "photo_2@12-06-2023_10-11-12_thumb.jpg": TIME,
    "IMG_20230612_101112_345.jpg": TIME,
    "threema-20230612-101112345.jpg": TIME,
    "viber_image_2023-06-12_10-11-12-345.jpg": TIME,
    "viber image 2023-06-12 , 10.11.12.jpg": TIME,
    "KakaoTalk_20230612_101112345.jpg": TIME,
    "KakaoTalk_Photo_2023-06-12-10-11-12 001.jpeg": TIME,
    "LINE_ALBUM_Lisbon_230612_1.jpg": DAY,
    "微信图片_20230612101112.jpg": TIME,
    "WeChat Image_20230612101112.jpg": TIME,
    "QQ图片20230612101112.jpg": TIME,
    "DingTalk_20230612101112.png": TIME,
    "mmexport1686564672000.jpg": UTC,
    "wx_camera_1686564672000.jpg": UTC,
    "microMsg.1686564672000.jpg": UTC,
    "qq_pic_merged_1686564672000.jpg": UTC,
    "企业微信截图_16865646721234.png": UTC,
    "WXWorkCapture_16865646721234.png": UTC,
    "WhatsApp-Image-2023-06-12-at-10.11.12-PM.jpeg": AFTERNOON,  # as web sites rename it
    "WhatsApp_Image_2023-06-12_at_10.11.12.jpg": TIME,
    "meeting (2023-06-12 at 10_11 GMT+2).mp4": MINUTE,  # Google Meet
    "FB_IMG_1686564672000.jpg": UTC,
    "FB_VID_1686564672000.mp4": UTC,
    "kakaotalk_1686564672000.jpg": UTC,
    "line_1686564672000.jpg": UTC,
    "PhotoGrid_1686564672000.jpg": UTC,
    "RPReplay_Final1686564672.mp4": UTC,
    "IMG_1686564672000.jpg": UTC,
    "1686564672000.jpg": UTC,
    "1686564672000 (1).jpg": UTC,
    "1686564672.jpg": UTC,
    "2023-06-12_10-11-12_UTC.jpg": UTC,  # Instaloader
    "20230612_101112-FabcXYZ.jpg": TIME,
    "2023-06-12_f47ac10b-58cc-4372-a567-0e02b2c3d479-main.jpg": DAY,  # Snapchat
    "Skype_Picture_2023_06_12T10_11_12_345Z.jpeg": UTC,
    "GMT20230612-101112_Recording_1920x1080.mp4": UTC,  # Zoom
    "Standup-20230612_101112-Meeting Recording.mp4": TIME,  # Teams
}
SCREENSHOTS = {
    "Screenshot_2023-06-12-10-11-12-123_com.android.chrome.png": TIME,
    "Screenshot_20230612-101112.png": TIME,
    "Screenshot_20230612_101112_One UI Home.jpg": TIME,
    "Screenshot_20230612_101112_com.huawei.android.launcher.jpg": TIME,
    "Screen_Recording_20230612_101112_Maps.mp4": TIME,
    "screen-20230612-101112.mp4": TIME,
    "Screenrecorder-2023-06-12-10-11-12-123.mp4": TIME,
    "Record_2023-06-12-10-11-12.mp4": TIME,
    "ScreenRecording_06-12-2023 10-11-12_1.mov": TIME,  # iOS puts the month first
    "Screen Shot 2023-06-12 at 10.11.12.png": TIME,
    "Screenshot 2023-06-12 at 10.11.12\u202fPM.png": AFTERNOON,
    "Screenshot 2023-06-12 at 10.11.12\u202fp.m..png": AFTERNOON,
    "Screenshot 2023-06-12 at 10.11.12 AM (2).png": TIME,
    "Screenshot 2023-06-12 at 12.11.12 AM.png": "2023-06-12T00:11:12",
    "Screenshot 2023-06-12 at 12.11.12 PM.png": "2023-06-12T12:11:12",
    "Screenshot 2023-06-12 at 9.11.12 AM.png": "2023-06-12T09:11:12",
    "Screen Recording 2023-06-12 at 10.11.12.mov": TIME,
    "Bildschirmfoto 2023-06-12 um 10.11.12.png": TIME,
    "Capture d’écran 2023-06-12 à 10.11.12.png": TIME,
    "Capture d’e\u0301cran 2023-06-12 a\u0300 10.11.12.png": TIME,  # as macOS stores it
    "Captura de pantalla 2023-06-12 a las 10.11.12.png": TIME,
    "Captura de pantalla 2023-06-12 a la(s) 10.11.12 p. m..png": AFTERNOON,
    "Captura de Tela 2023-06-12 às 10.11.12.png": TIME,
    "Captura de ecrã 2023-06-12, às 10.11.12.png": TIME,
    "Schermafbeelding 2023-06-12 om 10.11.12.png": TIME,
    "Schermata 2023-06-12 alle 10.11.12.png": TIME,
    "Schermata 2023-06-12 alle ore 10.11.12.png": TIME,
    "Skärmavbild 2023-06-12 kl. 10.11.12.png": TIME,
    "Zrzut ekranu 2023-06-12 o 10.11.12.png": TIME,
    "Snímek obrazovky 2023-06-12 v 10.11.12.png": TIME,
    "Képernyőfotó 2023-06-12 - 10.11.12.png": TIME,
    "Снимок экрана 2023-06-12 в 10.11.12.png": TIME,
    "Στιγμιότυπο 2023-06-12, 10.11.12 μ.μ..png": AFTERNOON,
    "Ekran Resmi 2023-06-12 ÖS 10.11.12.png": AFTERNOON,
    "スクリーンショット 2023-06-12 10.11.12.png": TIME,
    "截屏2023-06-12 10.11.12.png": TIME,
    "屏幕快照 2023-06-12 下午10.11.12.png": AFTERNOON,
    "스크린샷 2023-06-12 오후 10.11.12.png": AFTERNOON,
    "Screenshot from 2023-06-12 10-11-12.png": TIME,  # GNOME
    "Bildschirmfoto vom 2023-06-12 10-11-12.png": TIME,
    "Screenshot_2023-06-12_10-11-12.png": TIME,
    "2023-06-12-101112_1920x1080_scrot.png": TIME,
    "2023-06-12_10-11.png": MINUTE,  # Flameshot
    "Screenshot 2023-06-12 101112.png": TIME,  # Windows 11
    "screencapture-example-com-2023-06-12-10_11_12.png": TIME,
    "Screenshot 2023-06-12 at 10-11-12 Example page.png": TIME,  # Firefox
    "2023-06-12 10_11_12-Window.png": TIME,  # Greenshot
    "2023-06-12_10.11.12.png": TIME,  # Minecraft
    "730_20230612101112_1.png": TIME,  # Steam
    "Portal 2023.06.12 - 10.11.12.01.png": TIME,  # ShadowPlay
    "Portal 6_25_2023 10_11_12 PM.png": "2023-06-25T22:11:12",  # Xbox Game Bar
    "Screen_Shot_2023-06-12_at_10.11.12_PM.png": AFTERNOON,
    "Screen+Shot+2023-06-12+at+10.11.12+AM.png": TIME,
    "Screenshot-2023-06-12-at-12.11.12-AM.png": "2023-06-12T00:11:12",
    "לכידת מסך 2023-06-12 ב-10.11.12.png": TIME,
    "螢幕截圖 2023-06-12 晚上10.11.12.png": AFTERNOON,
    "vlcsnap-2023-06-12-10h11m12s345.png": TIME,
    "20230612_10h11m12s_grim.png": TIME,
    "Screenshot_1686564672.png": UTC,  # Android emulator
    "2023061210111200-F1C11A22FAEE3B82F21B330E1B786A39.jpg": TIME,  # Switch
    "Portal_20230612101112.jpg": TIME,  # PlayStation
    "Portal-2023_06_12-10-11-12.png": TIME,  # Xbox
}
SCANNERS_AND_CLOUDS = {
    "23-06-12 10-11-12 1234.jpg": TIME,  # Nextcloud
    "23-06-12 10-11-12.jpg": TIME,
    "12-06-2023-10-11-12.jpg": TIME,
    "12.06.2023 10.11.12.jpg": TIME,
    "12.06.2023.jpg": DAY,
    "25-06-2023.jpg": "2023-06-25",
    "06-25-2023.jpg": "2023-06-25",
    "Scan_20230612.jpg": DAY,
    "Scan_20230612 (2).jpg": DAY,
    "Scan_20230612_101112.jpg": TIME,
    "img20230612_10111234.jpg": TIME,  # Epson
    "IMG_20230612_0001.jpg": DAY,  # Canon
    "20230612101112_001.jpg": TIME,  # ScanSnap, Brother
    "2023年06月12日10時11分12秒.jpg": TIME,
    "2023年6月12日.jpg": DAY,
    "Adobe Scan 12 Jun 2023.jpg": DAY,
    "Adobe Scan Jun 12, 2023 (2).jpg": DAY,
    "CamScanner 06-12-2023 10.11.12.jpg": TIME,  # the month first
    "CamScanner 06-12-2023 10.11_2.jpg": MINUTE,
    "2023-06-12--10.11.12.jpg": TIME,  # gThumb
    "2023-06-12-10h11m12s.jpg": TIME,
    "2023-06-12 10_11 Office Lens.jpg": MINUTE,
    "20230612-0001.jpg": DAY,
    "2023-06-12-0001.jpg": DAY,
    "20230612_101112_A1B2C3D4.jpg": TIME,  # PhotoPrism
    "2023-06-12.jpg": DAY,
    "2023_06_12 Lisbon.jpg": DAY,
    "Lisbon 2023.06.12 17.jpg": DAY,
    "20230612_991112.jpg": DAY,
    "1965-07-04 wedding.jpg": "1965-07-04",
}
NO_DATES = (
    "IMG_0001.jpg", "DSC02023.jpg", "DSC_0612.NEF", "DJI_0001.JPG", "GOPR0612.JPG", "P1010612.JPG", "100_0612.jpg",
    "20231399_101112.jpg", "202306121.jpg", "1202306120.jpg", "2023-06.jpg", "2023-0612.jpg", "18991231_101112.jpg",
    "20230230_101112.jpg", "2023-13-12.jpg", "29990612_101112.jpg", "2099-06-12.jpg", "2035-01-01 10.11.12.jpg",
    "beach 1920x1080.jpg", "2020x1012.jpg", "wallpaper-20201080.png", "2019-2020 season.jpg", "holiday 2023.jpg",
    "+49 170 2023061.jpg", "017620230612345.jpg", "tel 555-2023-0612.jpg", "received_1234567890123456.jpeg",
    "12345678_10201906123456789_1234567890_n.jpg", "Snapchat-1686564672.jpg", "photo_5233333333333333333_y.jpg",
    "video1686564672.mp4", "16865646720001.jpg", "9780306406157.jpg", "4102444800.jpg", "1999999999999.jpg",
    "d41d8cd98f00b20190612e9800998ecf.jpg", "20190612-58cc-4372-a567-0e02b2c3d479.jpg", "S__12345678.jpg",
    "06-12-2023.jpg", "06_12_2023.jpg", "12_06_2023 10_11_12.png", "6-12-23 at 10.11.jpg", "32.06.2023.jpg",
    "Screenshot (12).png", "IMAG0612.jpg", "FB_IMG_9986564672000.jpg", "Portal 6_12_2023 10_11_12 PM.png",
    "IMG_1023456789012.jpg", "photo-1501594907352-04cda38ebc29.jpg", "120230612_1234567890123_1234567890_n.jpg", "",
)  # fmt: skip
TABLE = {**CAMERAS_AND_PHONES, **MESSENGERS, **SCREENSHOTS, **SCANNERS_AND_CLOUDS, **dict.fromkeys(NO_DATES)}


@pytest.mark.parametrize(("name", "wanted"), TABLE.items(), ids=ascii)
def test_file_names(name: str, wanted: str | None) -> None:
    assert name_date(f"/2021-01-01 folder/{name}") == wanted


def test_a_date_after_tomorrow_is_none() -> None:
    today = datetime.date.today()
    for days, wanted in ((-1, True), (0, True), (1, True), (2, False), (400, False)):
        day = today + datetime.timedelta(days=days)
        for name in (f"IMG_{day:%Y%m%d}_101112.jpg", f"{day}.jpg", f"photo_1@{day:%d-%m-%Y}_10-11-12.jpg"):
            assert (name_date(name) is not None) is wanted
    noon = datetime.datetime.combine(today, datetime.time(12), datetime.UTC).timestamp()
    assert name_date(f"mmexport{noon:.0f}000.jpg")
    assert name_date(f"mmexport{noon + 3 * 86400:.0f}000.jpg") is None
