"""What each sort of file that can be imported looks like: one file per format."""
