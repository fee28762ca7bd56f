"""Uploads: a client puts a photo straight into the object store."""
