"""The API for the company's own servers, a file per noun; `public_api.py` puts them together."""
