"""Engines that run background jobs."""
