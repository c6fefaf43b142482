"""StemDesk takes a song apart: vocals, drums, bass and the rest, on your own machine."""

__version__ = "0.1.0"
