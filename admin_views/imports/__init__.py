"""The Import page: upload, columns, preview, apply, result, undo."""
