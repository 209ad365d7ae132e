"""Transformers described by a config.json, with their weights or drawn ones."""
