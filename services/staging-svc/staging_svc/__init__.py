"""staging-svc: uploads, projects, images, and the jobs that furnish photos."""
