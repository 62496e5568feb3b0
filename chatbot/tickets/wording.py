"""
What the bot says when no model speaks for it, in the languages that the widget knows.

Every sentence here is true whenever it is said: a ticket's number is only named once the ticket
is committed, and a time is only promised where the company set one.
"""

from collections.abc import Mapping

_SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "opened": "I can't answer that reliably, so I've passed it on to our team. "
        "Your ticket is **#{number}**.",
        "asked": "Of course. I've passed this conversation on to our team. "
        "Your ticket is **#{number}**.",
        "known": "Our team already has this as ticket **#{number}**, "
        "and I've added what you wrote.",
        "still": "Our team already has this conversation as ticket **#{number}**.",
        "within": "Someone will answer you here within {time}.",
        "later": "If our assistant is back within {time}, it answers you here too.",
        "answered_later": "Answered later by our assistant",
        "choices": "Did you mean one of these?",
        "stopped": "Stopped.",
        "saved": "Saved answer",
        "saved_earlier": "Saved answer from earlier",
        "choices_label": "Saved answers",
        "written": "Written by our assistant",
        "shortened": "Written by our assistant, shortened",
        "withheld": "I can't help with that here. If you like, I can pass you on to a person.",
        "handoff_label": "Passed on to a person",
        "stopped_label": "Stopped by you",
        "degraded": "Our assistant is recovering. For now you get saved answers, "
        "and a person can take over.",
        "restored": "Our assistant is back.",
        "queued": "Many people are writing to us right now. Your question is in line.",
        "minutes": "{n} minutes",
        "hour": "one hour",
        "hours": "{n} hours",
        "days": "{n} days",
    },
    "de": {
        "opened": "Das kann ich nicht verlässlich beantworten und habe es an unser Team "
        "weitergegeben. Ihr Ticket ist **#{number}**.",
        "asked": "Gern. Ich habe dieses Gespräch an unser Team weitergegeben. "
        "Ihr Ticket ist **#{number}**.",
        "known": "Unserem Team liegt das schon als Ticket **#{number}** vor; "
        "Ihre Nachricht habe ich ergänzt.",
        "still": "Unserem Team liegt dieses Gespräch schon als Ticket **#{number}** vor.",
        "within": "Sie erhalten hier innerhalb von {time} eine Antwort.",
        "later": "Ist unser Assistent innerhalb von {time} wieder da, antwortet auch er hier.",
        "answered_later": "Später von unserem Assistenten beantwortet",
        "choices": "Meinen Sie eines davon?",
        "stopped": "Angehalten.",
        "saved": "Gespeicherte Antwort",
        "saved_earlier": "Gespeicherte Antwort von früher",
        "choices_label": "Gespeicherte Antworten",
        "written": "Von unserem Assistenten geschrieben",
        "shortened": "Von unserem Assistenten geschrieben, gekürzt",
        "withheld": "Dabei kann ich hier nicht helfen. Wenn Sie möchten, gebe ich Sie an einen "
        "Menschen weiter.",
        "handoff_label": "An einen Menschen weitergegeben",
        "stopped_label": "Von Ihnen angehalten",
        "degraded": "Unser Assistent erholt sich gerade. Bis dahin erhalten Sie gespeicherte "
        "Antworten, und ein Mensch kann übernehmen.",
        "restored": "Unser Assistent ist wieder da.",
        "queued": "Gerade schreiben uns viele Menschen. Ihre Frage ist in der Reihe.",
        "minutes": "{n} Minuten",
        "hour": "einer Stunde",
        "hours": "{n} Stunden",
        "days": "{n} Tagen",
    },
    "es": {
        "opened": "No puedo responder a eso con seguridad, así que lo he pasado a nuestro equipo. "
        "Su tique es el **#{number}**.",
        "asked": "Por supuesto. He pasado esta conversación a nuestro equipo. "
        "Su tique es el **#{number}**.",
        "known": "Nuestro equipo ya lo tiene como tique **#{number}** y he añadido su mensaje.",
        "still": "Nuestro equipo ya tiene esta conversación como tique **#{number}**.",
        "within": "Alguien le responderá aquí en un plazo de {time}.",
        "later": "Si nuestro asistente vuelve en un plazo de {time}, también le responderá aquí.",
        "answered_later": "Respondido más tarde por nuestro asistente",
        "choices": "¿Se refiere a una de estas?",
        "stopped": "Detenido.",
        "saved": "Respuesta guardada",
        "saved_earlier": "Respuesta guardada de antes",
        "choices_label": "Respuestas guardadas",
        "written": "Escrito por nuestro asistente",
        "shortened": "Escrito por nuestro asistente, abreviado",
        "withheld": "No puedo ayudarle con eso aquí. Si lo desea, puedo pasarle con una persona.",
        "handoff_label": "Pasado a una persona",
        "stopped_label": "Detenido por usted",
        "degraded": "Nuestro asistente se está recuperando. Mientras tanto recibirá respuestas "
        "guardadas, y una persona puede hacerse cargo.",
        "restored": "Nuestro asistente ha vuelto.",
        "queued": "Ahora mismo nos escribe mucha gente. Su pregunta está en la cola.",
        "minutes": "{n} minutos",
        "hour": "una hora",
        "hours": "{n} horas",
        "days": "{n} días",
    },
}


def say(locale: str, sentence: str, **facts: object) -> str:
    """The *sentence* in the language of *locale*, or in English."""
    known = _SENTENCES.get(locale[:2].lower(), _SENTENCES["en"])
    return known[sentence].format(**facts)


def duration(locale: str, seconds: int) -> str:
    """A stated time in words, rounded up so that it is never promised too early."""
    minutes = -(-seconds // 60)
    hours = -(-minutes // 60)
    if minutes < 60:  # noqa: PLR2004 an hour
        return say(locale, "minutes", n=max(minutes, 1))
    if hours == 1:
        return say(locale, "hour")
    if hours <= 48:  # noqa: PLR2004 two days
        return say(locale, "hours", n=hours)
    return say(locale, "days", n=-(-hours // 24))
