"""Decoding, encoding, storing, mixing and playing audio with numpy. No torch, no Qt."""
