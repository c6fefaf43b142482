"""Downloads: resumable, checked, and complete or not there. Nothing is sent but the request."""
