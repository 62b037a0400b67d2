"""Checks: the laws, each as something that runs in production and can fail. One module a concern."""
