"""The figures that operators watch; names follow Prometheus' conventions."""

from prometheus_client import Counter, Gauge, Histogram

_REPLY_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 4, 8, 15, 30, 60)

REPLIES = Counter("chatbot_replies_total", "Settled turns by the rung that spoke", ["rung"])
REPLY_SECONDS = Histogram(
    "chatbot_reply_seconds",
    "Seconds from beginning a turn to its settled reply",
    ["rung"],
    buckets=_REPLY_BUCKETS,
)
DECLINES = Counter("chatbot_declines_total", "Rungs that stepped aside", ["rung", "reason"])
CACHE_HITS = Counter(
    "chatbot_cache_hits_total", "Replies given again: exact, fuzzy or stale", ["kind"]
)
SOCKETS = Gauge("chatbot_sockets", "Open sockets of this process")
TURNS_RUNNING = Gauge("chatbot_turns_running", "Turns that run in this process now")
KEYS_SET_ASIDE = Gauge(
    "chatbot_provider_keys_set_aside",
    "Keys that the provider refused when they were last tried",
    ["provider"],
)

BREAKER_STATE = Gauge(
    "chatbot_breaker_state", "1 while a model is set aside, 0 otherwise", ["provider", "model"]
)
PROBES = Counter(
    "chatbot_probes_total", "Probes of models that were set aside", ["provider", "model", "outcome"]
)
MODEL_CALLS = Counter(
    "chatbot_model_calls_total", "Requests to models", ["provider", "model", "outcome"]
)
MODEL_FIRST_SECONDS = Histogram(
    "chatbot_model_first_seconds",
    "Seconds from a request to its first piece",
    ["provider", "model"],
    buckets=_REPLY_BUCKETS,
)
MODEL_PLACES = Gauge(
    "chatbot_model_places", "Requests that may run at once in this process", ["provider", "model"]
)
MODEL_QUEUE = Gauge(
    "chatbot_model_queue", "Turns of this process that wait for a place", ["provider", "model"]
)
LATER = Counter(
    "chatbot_later_answers_total",
    "Questions of an outage by what became of them: answered, put_back (to wait on) or why dropped",
    ["outcome"],
)
INCIDENTS_OPEN = Gauge("chatbot_incidents_open", "Incidents that go on, over all workspaces")
WEBHOOKS = Counter(
    "chatbot_webhooks_total", "Attempts to deliver an event, by what became of it", ["outcome"]
)
