"""Workbooks and text files in and out: bytes to rows and rows to bytes, without a database or a screen."""
