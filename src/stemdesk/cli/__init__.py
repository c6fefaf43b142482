"""The command line: arguments, progress as text or JSON, exit codes. No Qt."""
