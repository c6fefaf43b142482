"""A job's way from a file to a song folder, its place in the queue and on the disk."""
