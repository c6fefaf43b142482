"""From song folders to the files, projects and videos that people take away."""
