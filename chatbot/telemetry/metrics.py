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
SOCKETS = Gauge("chatbot_sockets", "Open sockets of this process")
TURNS_RUNNING = Gauge("chatbot_turns_running", "Turns that run in this process now")
