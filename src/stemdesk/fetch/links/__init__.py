"""Songs from links: yt-dlp in a child process, watched from inside and outside."""
