"""The models folder: which models are installed and what their headers say. No torch."""
