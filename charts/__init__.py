"""Pictures: each takes a frame of numbers and gives a plotly figure; nothing of ours is imported here."""
