"""Which files of a blog can say something about posts; the others are neither listed nor read."""

from pathlib import PurePosixPath

_MEDIA = frozenset(
    (
        *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic", ".bmp", ".ico", ".tif", ".tiff", ".svg", ".psd"),
        *(".mp3", ".mp4", ".m4a", ".m4v", ".mov", ".avi", ".webm", ".ogg", ".ogv", ".opus", ".wav", ".flac", ".mkv"),
        *(".woff", ".woff2", ".ttf", ".otf", ".eot", ".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar"),
        *(".pdf", ".epub", ".docx", ".xlsx", ".pptx", ".odt", ".wasm", ".bin", ".exe", ".so", ".pyc", ".class"),
        *(".css", ".scss", ".sass", ".less", ".map"),
    )
)
_OUTPUTS = frozenset({"_site", "public", "dist", "output", "site", "build", "resources", "target", "cache", "vendor"})
"""What generators write, beside their configuration."""
_HIDDEN_NAMES = (".eleventy", ".11ty", ".gitignore", ".meta.")


def is_media(name: str) -> bool:
    """Return True for pictures, sounds, fonts, style sheets and packed files."""
    return PurePosixPath(name).suffix.lower() in _MEDIA


def is_hidden(name: str) -> bool:
    """Return True for a name that begins with a dot, unless it is the configuration of a generator."""
    return name.startswith(".") and not name.startswith(_HIDDEN_NAMES)


def is_output(name: str) -> bool:
    """Return True for a folder beside the generator's configuration that it or its packages have written."""
    return name in _OUTPUTS or name == "node_modules"
