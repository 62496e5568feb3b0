# Settings pass through the environment: PORT=9000 make run. Arguments: make test ARGS="-k socket".
PYTHON ?= python3

.PHONY: run setup test check bench chaos
run setup test check bench chaos:
	@$(PYTHON) scripts/dev.py $@ $(ARGS)
