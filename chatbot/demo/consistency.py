"""What the files of the demo company must agree on, beyond the shape of each row."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from chatbot.demo.rows import IN_DAYS, Company, DemoConversation

_LINK = re.compile(r"\]\(\s*([^)\s]*)|(\b\w+://[^)\s>]*)")  # a Markdown target, or a bare address
_MINUTES_A_DAY = 24 * 60


def mistakes(company: Company) -> Iterator[str]:
    """Every disagreement found, each as one sentence that names its file and the remedy."""
    yield from _in_profile(company)
    yield from _in_answers(company)
    yield from _in_rules(company)
    yield from _in_customers(company)
    for number, conversation in enumerate(company.conversations, start=1):
        place = f"conversations.json, conversation {number}"
        yield from (f"{place}: {said}" for said in _in_conversation(company, conversation))


def _in_profile(company: Company) -> Iterator[str]:
    if company.profile.timezone not in available_timezones():
        yield f"company.json: {company.profile.timezone!r} is no time zone; take an IANA name."
    for email in _twice(login.email for login in company.profile.logins):
        yield f"company.json: the login {email!r} appears twice; remove one."


def _in_answers(company: Company) -> Iterator[str]:
    for key in _twice(answer.answer_id for answer in company.answers):
        yield f"answers.jsonl: the answer {key!r} appears twice; rename one."
    asked = ((question, answer) for answer in company.answers for question in answer.questions)
    for phrasing in _twice(" ".join(question.casefold().split()) for question, _ in asked):
        yield f"answers.jsonl: {phrasing!r} is asked twice; keep it where it fits best."
    for answer in company.answers:
        place = f"answers.jsonl, answer {answer.answer_id!r}"
        yield from _in_links(place, answer.answer, company)


def _in_rules(company: Company) -> Iterator[str]:
    for key in _twice(rule.key for rule in company.rules):
        yield f"rules.json: the rule {key!r} appears twice; rename one."
    plans = {customer.plan for customer in company.customers}
    for rule in company.rules:
        place = f"rules.json, rule {rule.key!r}"
        yield from _in_links(place, rule.text, company)
        for plan in sorted(set(rule.conditions.plans) - plans):
            yield f"{place}: no customer has the plan {plan!r}; correct its name."
        starts, ends = rule.conditions.starts_in_days, rule.conditions.ends_in_days
        if starts is not None and ends is not None and starts > ends:
            yield f"{place}: it ends before it starts; exchange the two days."


def _in_customers(company: Company) -> Iterator[str]:
    for key in _twice(customer.external_id for customer in company.customers):
        yield f"customers.json: the customer {key!r} appears twice; rename one."
    events = [event for customer in company.customers for event in customer.events]
    for key in _twice(event.id for event in events):
        yield f"customers.json: the event {key!r} appears twice; rename one."
    for event in events:
        for name, value in event.data.items():
            if name.endswith(IN_DAYS) and type(value) is not int:
                yield f"customers.json, event {event.id!r}: {name} must be whole days."


def _in_conversation(company: Company, conversation: DemoConversation) -> Iterator[str]:
    if conversation.customer not in {customer.external_id for customer in company.customers}:
        yield f"there is no customer {conversation.customer!r}; name one of customers.json."
    published = {answer.answer_id for answer in company.answers if answer.state == "published"}
    people = {login.name for login in company.profile.logins}
    for number, message in enumerate(conversation.messages):
        place = f"message {number}"
        for key in sorted(set(message.answers) - published):
            yield f"{place} rests on {key!r}, which is no published answer; name another."
        if (message.by is not None) != (message.role in {"agent", "note"}):
            yield f"{place} needs `by` for an agent or a note, and only there."
        if message.by is not None and message.by not in people:
            yield f"{place} is by {message.by!r}, who has no login; name one of company.json."
        if (message.rung is not None) != (message.role == "bot"):
            yield f"{place} needs `rung` for the bot, and only there."
        yield from _in_links(place, message.text, company)
    minutes = [message.minutes for message in conversation.messages]
    if minutes != sorted(minutes) or minutes[-1] > conversation.days_ago * _MINUTES_A_DAY:
        yield "its messages must be in order, and none in the future; correct `minutes`."
    for feedback in conversation.feedback:
        about = conversation.messages[feedback.message_index : feedback.message_index + 1]
        if not about or about[0].role != "bot":
            yield f"message {feedback.message_index} is not the bot's; move the feedback."


def _in_links(place: str, text: str, company: Company) -> Iterator[str]:
    for target, bare in _LINK.findall(text):
        link = urlsplit(target or bare)
        if link.scheme != "https" or link.netloc not in company.profile.link_hosts:
            yield f"{place}: {target or bare!r} leads elsewhere; link to a host of the company."


def _twice(keys: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            yield key
        seen.add(key)
