"""What yt-dlp says of things that cannot be had, as it says it, and what we make of it.

The texts are those of yt-dlp's extractors (2026.10.26), as `DownloadError` or `ExtractorError` puts
them together. Site, id and title are made up.
"""
# ruff: noqa: E501, RUF001 - the messages as they are

from stemdesk.core.errors import ErrorCode as E

HINT = (
    "Use --cookies-from-browser or --cookies for the authentication. See  "
    "https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to manually "
    "pass cookies"
)
BUG = (
    "; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= , filling out the "
    "appropriate issue template. Confirm you are on the latest version using  yt-dlp -U"
)
VPN = "\nYou might want to use a VPN or a proxy server (with --proxy) to workaround."
YT = "ERROR: [youtube] dQw4w9WgXcQ: "

MESSAGES: tuple[tuple[E, str], ...] = (
    # YouTube
    (E.LINK_NOT_FOUND, f"{YT}Video unavailable"),
    (E.LINK_NOT_FOUND, f"{YT}Video unavailable. This video has been removed by the uploader"),
    (E.LINK_NOT_FOUND, f"{YT}Video unavailable. This video is no longer available because the "
     "YouTube account associated with this video has been terminated."),
    (E.LINK_NOT_FOUND, f"{YT}Video unavailable. This video is no longer available due to a "
     "copyright claim by Somebody"),
    (E.LINK_NOT_FOUND, f"{YT}This video has been removed for violating YouTube's Terms of Service"),
    (E.LINK_NOT_FOUND, "ERROR: [youtube:truncated_id] dQw4: Incomplete YouTube ID dQw4. URL "
     "https://www.youtube.com/watch?v=dQw4 looks truncated."),
    (E.LINK_NOT_FOUND, "ERROR: [youtube:tab] PLx: YouTube said: The playlist does not exist."),
    (E.LINK_NOT_FOUND, "ERROR: [youtube:tab] @x: This channel does not exist."),
    (E.LINK_PRIVATE, f"{YT}Private video. Sign in if you've been granted access to this video. {HINT}"),
    (E.LINK_PRIVATE, f"{YT}This video is private"),
    (E.LINK_PRIVATE, f"ERROR: [youtube:tab] WL: This is a private playlist. You need to login as its owner. {HINT}"),
    (E.LINK_AGE, f"{YT}Sign in to confirm your age. This video may be inappropriate for some users. {HINT}"),
    (E.LINK_AGE, f"{YT}This video is age-restricted and only available on YouTube. {HINT}"),
    (E.LINK_TOO_MANY, f"{YT}Sign in to confirm you’re not a bot. {HINT}"),
    (E.LINK_TOO_MANY, f"{YT}Sign in to confirm you're not a bot. This helps protect our community. {HINT}"),
    (E.LINK_TOO_MANY, f"{YT}Video unavailable. This content isn't available, try again later. The "
     "current session has been rate-limited by YouTube for up to an hour."),
    (E.LINK_LOGIN, f"{YT}Join this channel to get access to members-only content like this video, "
     "and other exclusive perks."),
    (E.LINK_LOGIN, f"{YT}This video is available to this channel's members on level: Fan (or any "
     "higher level). Join this channel to get access to members-only content."),
    (E.LINK_LOGIN, f"{YT}This video requires payment to watch"),
    (E.LINK_LOGIN, f"{YT}This video is only available to Music Premium members"),
    (E.LINK_LOGIN, f"{YT}Please sign in. {HINT}"),
    (E.LINK_LIVE, f"{YT}This live event will begin in 3 hours."),
    (E.LINK_LIVE, f"{YT}Premieres in 2 days"),
    (E.LINK_LIVE, f"{YT}Premiere will begin shortly"),
    (E.LINK_REGION, f"{YT}The uploader has not made this video available in your country{VPN}"),
    (E.LINK_REGION, f"{YT}Video unavailable. This video contains content from SME, who has blocked "
     f"it in your country on copyright grounds{VPN}"),
    (E.LINK_REGION, f"{YT}The uploader has not made this video available in your country\nThis "
     f"video is available in Germany, France.{VPN}"),
    (E.LINK_SITE_CHANGED, f"{YT}Failed to extract any player response{BUG}"),
    (E.LINK_SITE_CHANGED, f"{YT}Unable to extract initial data{BUG}"),
    (E.LINK_DRM, f"{YT}This video is DRM protected"),
    (E.LINK_UNSUPPORTED, f"{YT}Requested format is not available. Use --list-formats for a list of "
     "available formats"),
    # SoundCloud
    (E.LINK_REGION, f"ERROR: [soundcloud] 1: This video is not available from your location due to geo restriction{VPN}"),
    (E.LINK_LOGIN, f"ERROR: [soundcloud] 1: This video is only available for registered users. {HINT}"),
    (E.LINK_NOT_FOUND, "ERROR: [soundcloud] x: Unable to download JSON metadata: HTTP Error 404: Not "
     "Found (caused by <HTTPError 404: Not Found>)"),
    (E.LINK_TOO_MANY, "ERROR: [soundcloud] 1: You have reached your play limit for this track"),
    (E.LINK_TOO_MANY, "ERROR: [soundcloud] 1: You have exceeded the rate limit. Try again later"),
    # Bandcamp
    (E.LINK_SITE_CHANGED, f"ERROR: [Bandcamp] some-song: Unable to extract tralbum{BUG}"),
    (E.LINK_NOT_FOUND, "ERROR: [Bandcamp] x: Unable to download webpage: HTTP Error 404: Not Found "
     "(caused by <HTTPError 404: Not Found>)"),
    (E.LINK_SITE_CHANGED, f"ERROR: [Bandcamp] x: No video formats found!{BUG}"),
    # Vimeo
    (E.LINK_PRIVATE, "ERROR: [vimeo] 1: This video is protected by a password, use the "
     "--video-password option"),
    (E.LINK_PRIVATE, "ERROR: [vimeo] 1: Wrong video password"),
    (E.LINK_LOGIN, f"ERROR: [vimeo] 1: The web client only works when logged-in. {HINT}"),
    (E.LINK_NOT_FOUND, "ERROR: [vimeo:event] 1: This event video is unavailable"),
    (E.LINK_DRM, "ERROR: [vimeo] 1: This video is DRM protected"),
    # others
    (E.LINK_DRM, "ERROR: [DRM] The requested site is known to use DRM protection. It will NOT be "
     "supported. Please DO NOT open an issue, unless you have evidence that the video is not DRM "
     "protected"),
    (E.LINK_DRM, "ERROR: [Tidal] Requested content is DRM-protected, only a 30-second preview is available"),
    (E.LINK_LOGIN, f"ERROR: [x] This video is only available for registered users with the appropriate subscription. {HINT}"),
    (E.LINK_LOGIN, f"ERROR: [Instagram] x: Main webpage is locked behind the login page. {HINT}"),
    (E.LINK_LOGIN, "ERROR: [TikTok] 1: TikTok is requiring login for access to this content"),
    (E.LINK_LOGIN, "ERROR: [Patreon] 1: You do not have access to this post. This post requires a subscription"),
    (E.LINK_LOGIN, "ERROR: [x] 1: Unable to download JSON metadata: HTTP Error 401: Unauthorized "
     "(caused by <HTTPError 401: Unauthorized>)"),
    (E.LINK_PRIVATE, "ERROR: [twitter] 1: You are not authorized to view this protected tweet"),
    (E.LINK_AGE, f"ERROR: [twitter] 1: NSFW tweet requires authentication. {HINT}"),
    (E.LINK_AGE, "ERROR: [Dailymotion] x: Login is required to access age-restricted content"),
    (E.LINK_AGE, f"ERROR: [x] 1: Adult verification is required for this stream. {HINT}"),
    (E.LINK_REGION, "ERROR: [Deezer] Track unavailable in your country due to licensing restrictions"),
    (E.LINK_REGION, "ERROR: [Nhk] x: This content is not available in your country"),
    (E.LINK_REGION, "ERROR: [x] We're sorry, but this video is not available in your region due to "
     "right restrictions."),
    (E.LINK_REGION, "ERROR: [NetEase] This song is blocked in this region"),
    (E.LINK_LIVE, "ERROR: [x] This live event has not yet started"),
    (E.LINK_LIVE, "ERROR: [x] This livestream is scheduled to start at 2027-01-01"),
    (E.LINK_NOT_FOUND, "ERROR: [twitch:stream] x: The channel is not currently live"),
    (E.LINK_NOT_FOUND, "ERROR: [twitch:vod] v1: Video 1 does not exist"),
    (E.LINK_NOT_FOUND, "ERROR: [twitter] Tweet has been deleted"),
    (E.LINK_NOT_FOUND, "ERROR: [x] This content is no longer available."),
    (E.LINK_NOT_FOUND, "ERROR: [x] Video has been removed"),
    (E.LINK_NOT_FOUND, "ERROR: [x] 5: Track not found"),
    (E.LINK_NOT_FOUND, "ERROR: [x] The page does not exist"),
    # the network, and the downloader's own words
    (E.LINK_REFUSED, "ERROR: unable to download video data: HTTP Error 403: Forbidden"),
    (E.LINK_REFUSED, "ERROR: [x] y: Unable to download webpage: HTTP Error 503: Service Unavailable "
     "(caused by <HTTPError 503: Service Unavailable>)"),
    (E.LINK_TOO_MANY, "ERROR: [x] y: Unable to download webpage: HTTP Error 429: Too Many Requests "
     "(caused by <HTTPError 429: Too Many Requests>)"),
    (E.LINK_REGION, "ERROR: [x] y: HTTP Error 451: Unavailable For Legal Reasons"),
    (E.LINK_OFFLINE, "ERROR: [generic] x: Unable to download webpage: [Errno -3] Temporary failure in "
     "name resolution (caused by TransportError('[Errno -3] Temporary failure in name resolution'))"),
    (E.LINK_OFFLINE, "ERROR: [x] y: Unable to download webpage: [Errno 101] Network is unreachable"),
    (E.LINK_STALLED, "ERROR: \r[download] Got error: The read operation timed out. Giving up after 4 retries"),
    (E.LINK_BROKEN, "ERROR: \r[download] Got error: 1000 bytes read, 5000 more expected. Giving up after 4 retries"),
    (E.LINK_BROKEN, "ERROR: \r[download] Got error: Downloaded 9 bytes, expected 99 bytes. Giving up "
     "after 4 retries"),
    (E.LINK_BROKEN, "ERROR: [x] y: Unable to download webpage: Remote end closed connection without response"),
    (E.LINK_UNSUPPORTED, "ERROR: Unsupported URL: https://example.org/private-login-page-not-found"),
    (E.LINK_UNSUPPORTED, "ERROR: [Piracy] This website is no longer supported since it has been "
     "determined to be primarily used for piracy."),
    (E.DISK_FULL, "ERROR: unable to write data: [Errno 28] No space left on device"),
    (E.FOLDER_NOT_WRITABLE, "ERROR: unable to open for writing: [Errno 13] Permission denied: 'media.mp3.part'"),
)  # fmt: skip
