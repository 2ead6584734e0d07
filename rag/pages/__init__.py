"""Page text → articles."""
